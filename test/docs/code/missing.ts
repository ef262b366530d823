import type { Block } from "./blocks.ts";

const flat = (text: string): string => text.replaceAll(/\s+/g, " ").trim();

/**
 * The parts of the lines of a shown output, between "...", that the real one does not have. In any order: the engine lists resources as
 * they come.
 */
export function missing(shown: Block | undefined, real: string): readonly string[] {
  const whole = flat(real);
  return (shown?.text ?? "nothing is shown")
    .split(/\n|\.\.\./)
    .map((part) => flat(part))
    .filter((part) => !whole.includes(part));
}

import type { Block } from "./blocks.ts";

const flat = (text: string): string => text.replaceAll(/\s+/g, " ").trim();

/** The parts of a shown output between "..." that the real one does not have, in this order. */
export function missing(shown: Block | undefined, real: string): readonly string[] {
  let left = flat(real);
  return (shown?.text ?? "nothing is shown").split("...").flatMap((part) => {
    const at = left.indexOf(flat(part));
    if (at < 0) return [part];
    left = left.slice(at + flat(part).length);
    return [];
  });
}

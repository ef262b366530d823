import { readFileSync } from "node:fs";

export function childrenOf(pid: number): readonly number[] {
  const text = read(`/proc/${pid}/task/${pid}/children`);
  return text === "" ? [] : text.split(" ").map(Number);
}

export function descendantsOf(pid: number): readonly number[] {
  const children = childrenOf(pid);
  return children.concat(children.flatMap(descendantsOf));
}

export const nameOf = (pid: number): string => read(`/proc/${pid}/comm`);

/** The arguments, separated by spaces; empty for a process that has ended, also when nobody has waited for it yet. */
export const commandLineOf = (pid: number): string =>
  read(`/proc/${pid}/cmdline`).replaceAll("\0", " ").trim();

export function signalIfAlive(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // it ended by itself
  }
}

function read(path: string): string {
  try {
    return readFileSync(path, "utf8").trim();
  } catch {
    return ""; // it ended while we looked
  }
}

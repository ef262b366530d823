import { readdirSync, readFileSync } from "node:fs";

/** Of all its threads: a Go program starts its children from any. */
export const childrenOf = (pid: number): readonly number[] =>
  threadsOf(pid).flatMap((thread) => {
    const text = read(`/proc/${pid}/task/${thread}/children`);
    return text === "" ? [] : text.split(" ").map(Number);
  });

function threadsOf(pid: number): readonly string[] {
  try {
    return readdirSync(`/proc/${pid}/task`);
  } catch {
    return []; // it ended
  }
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

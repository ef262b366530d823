/**
 * What differs between generations of amd-smi and cannot be seen in its answers. The library's version is the gate: ROCm's
 * own numbers jump from 7.2 to 7.11, and its tools are released in between.
 */
export interface Generation {
  /** "too-old": before ROCm 6.2, whose answers were never seen. "newer": taken for the newest one that is known. */
  readonly known: "yes" | "too-old" | "newer" | "unsaid";
  /** Up to ROCm 6.4 `set -M` reloads the driver itself; from 7.0 on it only stages the mode. "unsaid": look afterwards. */
  readonly memoryMode: "reloads" | "stages" | "unsaid";
}

/** Library of ROCm 6.2 ("24.6.2.0"), of 7.0 and of 7.14: AMD's changelog of amdsmi. */
const OLDEST = [24, 6];
const STAGES_SINCE = [26, 0];
const NEWEST = [26, 5];

/** @param library what `amd-smi version` calls `amdsmi_library_version`; three or four numbers. */
export function generationOf(library: string | undefined): Generation {
  const numbers = /^(\d+)\.(\d+)/
    .exec(library ?? "")
    ?.slice(1)
    .map(Number);
  if (!numbers) return { known: "unsaid", memoryMode: "unsaid" };
  const known = isBefore(numbers, OLDEST) ? "too-old" : isBefore(NEWEST, numbers) ? "newer" : "yes";
  return { known, memoryMode: isBefore(numbers, STAGES_SINCE) ? "reloads" : "stages" };
}

function isBefore(a: readonly number[], b: readonly number[]): boolean {
  const [majorA = 0, minorA = 0] = a;
  const [majorB = 0, minorB = 0] = b;
  return majorA < majorB || (majorA === majorB && minorA < minorB);
}

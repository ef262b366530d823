/**
 * What differs between generations of amd-smi and cannot be seen in its answers. The library's version is the gate: ROCm's
 * own numbers jump from 7.2 to 7.11, and its tools are released in between.
 */
export interface Generation {
  /** "too-old": before ROCm 6.2, whose answers were never seen. "newer": taken for the newest one that is known. */
  readonly known: "yes" | "too-old" | "newer" | "unsaid";
  /** Up to ROCm 6.4 `set -M` reloads the driver itself; from 7.0 on it only stages the mode. "unsaid": observe afterwards. */
  readonly memoryMode: "reloads" | "stages" | "unsaid";
  /**
   * Whose compute modes `set -C` takes as names: those of the GPU that is named, or, from ROCm 10.2 on, those of the first GPU of the
   * host for any.
   */
  readonly computeNames: "of-gpu" | "of-first-gpu";
}

/**
 * What an exit status without any text means: "cli" = an error of the command line, up to ROCm 7.14; "status" = the library's
 * own, from 10.2 on. In between, releases differ.
 */
export type ExitCodes = "cli" | "status" | "unsaid";

/** Library of ROCm 6.2 ("24.6.2.0"), of 7.0, of 10.0 and of 10.2: AMD's changelog of amdsmi. */
const OLDEST = [24, 6];
const STAGES_SINCE = [26, 0];
const UNSURE_SINCE = [27, 0];
const STATUS_SINCE = [27, 2];
/** The newest whose behaviour is known; each rule above has a border of its own. */
const NEWEST = [27, 2];
/** For messages. */
export const NEWEST_KNOWN = "27.2, ROCm 10.2";

/** @param library what `amd-smi version` calls `amdsmi_library_version`; three or four numbers. */
export function generationOf(library: string | undefined): Generation {
  const numbers = numbersOf(library);
  if (!numbers) return { known: "unsaid", memoryMode: "unsaid", computeNames: "of-gpu" };
  const known = isBefore(numbers, OLDEST) ? "too-old" : isBefore(NEWEST, numbers) ? "newer" : "yes";
  return {
    known,
    memoryMode: isBefore(numbers, STAGES_SINCE) ? "reloads" : "stages",
    computeNames: isBefore(numbers, STATUS_SINCE) ? "of-gpu" : "of-first-gpu",
  };
}

/** @param library as in `generationOf` */
export function exitCodesOf(library: string | undefined): ExitCodes {
  const numbers = numbersOf(library);
  if (!numbers) return "unsaid";
  return isBefore(numbers, UNSURE_SINCE) ? "cli" : isBefore(numbers, STATUS_SINCE) ? "unsaid" : "status";
}

const numbersOf = (library: string | undefined): readonly number[] | undefined =>
  /^(\d+)\.(\d+)/
    .exec(library ?? "")
    ?.slice(1)
    .map(Number);

function isBefore(a: readonly number[], b: readonly number[]): boolean {
  const [majorA = 0, minorA = 0] = a;
  const [majorB = 0, minorB = 0] = b;
  return majorA < majorB || (majorA === majorB && minorA < minorB);
}

import { excerpt, lastLine } from "../plain-text.ts";
import type { CommandResult } from "../remote/executor.ts";
import { splitDocuments } from "./documents.ts";

/** Why amd-smi refused, as far as a caller acts differently on it. */
export type FailureClass =
  | "busy"
  | "not-allowed-now"
  | "not-supported"
  | "no-right"
  | "reload-failed"
  | "gone"
  | "unknown-option"
  | "other";

export type SetOutcome =
  | { readonly ok: true }
  | { readonly ok: false; readonly failure: FailureClass; readonly message: string };

const BY_STATUS: Readonly<Record<string, FailureClass>> = {
  AMDSMI_STATUS_BUSY: "busy",
  AMDSMI_STATUS_SETTING_UNAVAILABLE: "not-allowed-now",
  AMDSMI_STATUS_INVAL: "not-allowed-now",
  AMDSMI_STATUS_NOT_SUPPORTED: "not-supported",
  AMDSMI_STATUS_NO_PERM: "no-right",
  AMDSMI_STATUS_AMDGPU_RESTART_ERR: "reload-failed",
  AMDSMI_STATUS_NOT_FOUND: "gone",
  AMDSMI_STATUS_DRIVER_NOT_LOADED: "gone",
  AMDSMI_STATUS_NO_DATA: "gone",
};

/** The same by their numbers: what an older CLI knows no name for it calls UNKNOWN_ERROR, and prints the number before it. */
const BY_NUMBER: Readonly<Record<number, FailureClass>> = {
  1: "not-allowed-now",
  2: "not-supported",
  10: "no-right",
  30: "busy",
  31: "gone",
  34: "gone",
  40: "gone",
  54: "reload-failed",
  55: "not-allowed-now",
};

/** The CLI's own errors: `"code": -5` in its JSON, and exit status 5 from ROCm 7.13 on. */
const BY_CODE: Readonly<Record<number, FailureClass>> = {
  1: "unknown-option",
  2: "unknown-option",
  3: "gone",
  5: "not-allowed-now",
  // "command not supported" in ROCm 6.4 also when the caller is not root.
  7: "not-supported",
  8: "not-supported",
  10: "unknown-option",
  11: "no-right",
};

/** Codes from here on are the library's status on top of this. */
const LIBRARY_CODES = 1000;

/** Every failed start of the library: no driver. */
const NOT_INITIALISED = 255;

/**
 * What an `amd-smi set` did. Exit codes do not decide: several versions exit 0 after a refusal. Success is one sentence
 * that starts with "Successfully" for each of the `expected` GPUs and no other sentence; the caller still reads the host
 * again, because only that is proof.
 */
export function setOutcome(result: CommandResult, expected: number): SetOutcome {
  const sentences = answers(result.stdout);
  if (sentences.length >= expected && sentences.every((sentence) => sentence.startsWith("Successfully"))) {
    return { ok: true };
  }
  return { ok: false, failure: classify(result), message: firstComplaint(result, sentences) };
}

const ANSWER_KEYS = ["accelerator_partition", "computepartition", "memory_partition", "memorypartition"];

/** The sentences of all rows of all documents. */
function answers(stdout: string): readonly string[] {
  return splitDocuments(stdout)
    .documents.flat()
    .flatMap((value) => {
      if (typeof value !== "object" || value === null) return [];
      const found = ANSWER_KEYS.map((key) => (value as Record<string, unknown>)[key]);
      return found.filter((sentence): sentence is string => typeof sentence === "string");
    });
}

/** By the library's status, else the CLI's code, else the exit status, as far as that one says more than "failed". */
function classify({ stdout, stderr, code }: CommandResult): FailureClass {
  const output = `${stdout}\n${stderr}`;
  const status = /AMDSMI_STATUS_\w{1,64}/.exec(output);
  if (status) {
    // "30 | AMDSMI_STATUS_BUSY"
    const number = /(\d{1,9}) \| $/.exec(output.slice(Math.max(0, status.index - 16), status.index))?.[1];
    return BY_STATUS[status[0]] ?? BY_NUMBER[Number(number)] ?? "other";
  }
  const printed = /(?:"code"|Error code): ?-(\d{1,9})/.exec(output)?.[1];
  if (printed !== undefined) return byCode(Number(printed));
  if (code === NOT_INITIALISED) return "gone";
  return code === 1 ? "other" : byCode(code);
}

const byCode = (code: number): FailureClass =>
  (code > LIBRARY_CODES ? BY_NUMBER[code - LIBRARY_CODES] : BY_CODE[code]) ?? "other";

/** The line that says what went wrong: the refusing sentence, the CLI's own error, else the last line of stderr, else of stdout. */
const firstComplaint = (result: CommandResult, sentences: readonly string[]): string =>
  excerpt(sentences.find((sentence) => !sentence.startsWith("Successfully")) ?? "") ||
  excerpt(ownError(`${result.stdout}\n${result.stderr}`)) ||
  lastLine(result.stderr) ||
  lastLine(result.stdout) ||
  `it exited with ${result.code} and said nothing`;

/** `{"error": "…", "code": -5}`: not parsed, because some versions print it in the middle of a line. */
function ownError(output: string): string {
  const [, found = ""] = cutAt(output, '"error": "');
  const [error, rest] = cutAt(found, '", "code"');
  return rest === undefined || error.includes("\n") ? "" : error;
}

function cutAt(text: string, mark: string): readonly [before: string, behind?: string] {
  const at = text.indexOf(mark);
  return at === -1 ? [text] : [text.slice(0, at), text.slice(at + mark.length)];
}

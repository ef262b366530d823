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

const BY_CODE: Readonly<Record<string, FailureClass>> = {
  "-1": "unknown-option",
  "-2": "unknown-option",
  "-3": "gone",
  "-5": "not-allowed-now",
  // "command not supported" in ROCm 6.4 also when the caller is not root.
  "-7": "not-supported",
  "-8": "not-supported",
  "-11": "no-right",
};

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
  const output = `${result.stdout}\n${result.stderr}`;
  return { ok: false, failure: classify(output), message: firstComplaint(result, sentences) };
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

function classify(output: string): FailureClass {
  const status = /AMDSMI_STATUS_\w+/.exec(output)?.[0];
  if (status !== undefined) return BY_STATUS[status] ?? "other";
  const code = /"code": (-\d+)|Error code: (-\d+)/.exec(output);
  return (code && BY_CODE[code[1] ?? code[2] ?? ""]) ?? "other";
}

/** The line that says what went wrong: the refusing sentence, else the last line of stderr, else of stdout. */
function firstComplaint(result: CommandResult, sentences: readonly string[]): string {
  const refusal = sentences.find((sentence) => !sentence.startsWith("Successfully"));
  return (
    refusal ??
    lastLine(result.stderr) ??
    lastLine(result.stdout) ??
    `it exited with ${result.code} and said nothing`
  );
}

const lastLine = (text: string): string | undefined =>
  text
    .split(/[\r\n]+/)
    .map((line) => line.trim())
    .findLast((line) => line !== "");

import { excerpt } from "../plain-text.ts";
import type { CommandResult } from "../remote/executor.ts";
import { splitDocuments } from "./documents.ts";
import type { ExitCodes } from "./generation.ts";

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
  | {
      readonly ok: false;
      readonly failure: FailureClass;
      /** One line. */
      readonly message: string;
      /** The GPUs that refused. @default the answers do not tell */
      readonly refused?: readonly Refusal[];
    };

export interface Refusal {
  /** Of the GPU, among those that were named, in PCI order. */
  readonly position: number;
  /** One line. */
  readonly message: string;
}

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

/** The CLI's own errors: `"code": -5` in its JSON, and exit status 5 from ROCm 7.13 to 10.1. */
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

/** The same from ROCm 10.2 on, where smaller numbers are the library's status. No earlier release ends with one of these. */
const BY_CLI_STATUS: Readonly<Record<number, FailureClass>> = {
  195: "unknown-option",
  196: "gone",
  198: "not-allowed-now",
  200: "not-supported",
  203: "unknown-option",
  206: "gone",
};

/** The last status of the library, and the range of the CLI's own. */
const LAST_STATUS = 128;
const CLI_STATUSES = { first: 193, last: 207 } as const;

/** Codes from here on are the library's status on top of this. */
const LIBRARY_CODES = 1000;

/** Every failed start of the library up to ROCm 10.1: no driver. */
const NOT_INITIALISED = 255;

/**
 * What an `amd-smi set` did. Exit codes do not decide: several versions exit 0 after a refusal. Success is one sentence
 * that starts with "Successfully" for each of the `expected` GPUs and no other sentence; the caller still reads the host
 * again, because only that is proof.
 *
 * @param exitCodes what an exit status without any text means, by release. @default "cli"
 */
export function setOutcome(
  result: CommandResult,
  expected: number,
  exitCodes: ExitCodes = "cli",
): SetOutcome {
  const answered = answers(result.stdout);
  const sentences = answered.map((answer) => answer.sentence);
  if (sentences.length >= expected && sentences.every(isSuccess)) return { ok: true };
  const refused = answered.length === expected ? refusals(answered) : [];
  return {
    ok: false,
    failure: classify(result, exitCodes),
    message: folded(firstComplaint(result, sentences)),
    ...(refused.length > 0 && { refused }),
  };
}

interface Answer {
  /** amd-smi's index of the GPU, which says no more than its place in PCI order; undefined where the row has none. */
  readonly gpu: number | undefined;
  readonly sentence: string;
}

function refusals(answered: readonly Answer[]): readonly Refusal[] {
  const known = new Set(answered.map((answer) => answer.gpu)).size === answered.length;
  const inOrder = known ? answered.toSorted((a, b) => (a.gpu ?? 0) - (b.gpu ?? 0)) : answered;
  return inOrder.flatMap(({ sentence }, position) =>
    isSuccess(sentence) ? [] : [{ position, message: folded(excerpt(sentence)) }],
  );
}

const isSuccess = (sentence: string): boolean => sentence.startsWith("Successfully");

/** From ROCm 10.2 on a sentence may have several lines of advice. */
const folded = (text: string): string => text.replaceAll(/\s*[\r\n]+\s*/g, " ").trim();

const ANSWER_KEYS = ["accelerator_partition", "computepartition", "memory_partition", "memorypartition"];

/** The sentences of all rows of all documents. */
function answers(stdout: string): readonly Answer[] {
  return splitDocuments(stdout)
    .documents.flat()
    .flatMap((value) => {
      if (typeof value !== "object" || value === null) return [];
      const row = value as Record<string, unknown>;
      const { gpu } = row;
      return ANSWER_KEYS.map((key) => row[key])
        .filter((sentence): sentence is string => typeof sentence === "string")
        .map((sentence) => ({ gpu: typeof gpu === "number" ? gpu : undefined, sentence }));
    });
}

/** By the library's status, else the CLI's code, else the exit status, as far as that one says more than "failed". */
function classify({ stdout, stderr, code }: CommandResult, exitCodes: ExitCodes): FailureClass {
  const output = `${stdout}\n${stderr}`;
  // Of GPUs that refuse for several reasons, one in use counts: that passes.
  if (output.includes("[AMDSMI_STATUS_BUSY]")) return "busy";
  const status = /AMDSMI_STATUS_\w{1,64}/.exec(output);
  if (status) {
    // "30 | AMDSMI_STATUS_BUSY"
    const number = /(\d{1,4}) \| $/.exec(output.slice(Math.max(0, status.index - 16), status.index))?.[1];
    return BY_STATUS[status[0]] ?? BY_NUMBER[Number(number)] ?? "other";
  }
  const [, sign, printed] = /(?:"code"|Error code): ?(-?)(\d{1,6})\b/.exec(output) ?? [];
  if (printed !== undefined)
    return sign === "-" ? byCode(Number(printed)) : (byStatus(Number(printed)) ?? "other");
  if (code >= CLI_STATUSES.first && code <= CLI_STATUSES.last) return byStatus(code) ?? "other";
  switch (exitCodes) {
    case "cli":
      return code === NOT_INITIALISED ? "gone" : code === 1 ? "other" : byCode(code);
    case "status":
      return (code <= LAST_STATUS ? BY_NUMBER[code] : undefined) ?? "other";
    case "unsaid":
      return "other";
  }
}

const byCode = (code: number): FailureClass =>
  (code > LIBRARY_CODES ? BY_NUMBER[code - LIBRARY_CODES] : BY_CODE[code]) ?? "other";

const byStatus = (status: number): FailureClass | undefined =>
  status <= LAST_STATUS ? BY_NUMBER[status] : BY_CLI_STATUS[status];

/** What went wrong: the refusing sentence, the CLI's own error, else the last line of stderr, else of stdout, that has words. */
const firstComplaint = (result: CommandResult, sentences: readonly string[]): string =>
  excerpt(sentences.find((sentence) => !isSuccess(sentence)) ?? "") ||
  excerpt(ownError(`${result.stdout}\n${result.stderr}`)) ||
  lastWords(result.stderr) ||
  lastWords(result.stdout) ||
  `it exited with ${result.code} and printed nothing`;

/** A bracket that closes a document is no complaint. */
const lastWords = (text: string): string =>
  excerpt(
    text
      .slice(-SAID)
      .split(/[\r\n]+/)
      .findLast((line) => /[A-Za-z]/.test(line)) ?? "",
  );

/** Characters of the end of an output among which the complaint is. */
const SAID = 2400;

/** `{"error": "…", "code": -5}`: not parsed, because some versions print it in the middle of a line. */
function ownError(output: string): string {
  const at = output.indexOf('"error":');
  if (at === -1) return "";
  const found = /^"error": ?"((?:[^"\\\n]|\\.){0,2000})"/.exec(output.slice(at, at + 2100))?.[1] ?? "";
  return found.replaceAll(/\\(["\\])/g, "$1");
}

import type { Line } from "./text/line.ts";

/** 0: done, or yes. 1: no, or it failed. */
export type ExitStatus = 0 | 1;

/** What a command found: the same facts for a person and for a program. */
export interface Answer {
  readonly lines: readonly Line[];
  /** With `--json`. */
  readonly json: unknown;
  /** Printed as it is in the place of the lines. @default the lines are printed */
  readonly document?: string;
  readonly status: ExitStatus;
}

import type { NodeState } from "../state.ts";

export type Json = string | number | readonly Json[] | { readonly [key: string]: Json };

/** What one call of a tool prints and does. */
export interface Outcome {
  readonly stdout: string;
  readonly stderr: string;
  readonly code: number;
  /** The host afterwards; absent = unchanged. */
  readonly state?: NodeState;
  /** stdout so far ends in a question: call again with the answer. */
  readonly asks?: true;
  /** Never returns. */
  readonly hangs?: true;
}

/** Who calls, as far as amd-smi cares. */
export type Caller = "root" | "user";

export const printed = (stdout: string, state?: NodeState): Outcome => ({
  stdout,
  stderr: "",
  code: 0,
  ...(state && { state }),
});

/** The way amd-smi writes JSON: Python's, with an indent of 4. */
export const document = (value: Json): string => `${JSON.stringify(value, null, 4)}\n`;

/** A number with a unit. */
export const quantity = (value: number, unit: string): Json => ({ value, unit });

export const MISSING = "N/A";

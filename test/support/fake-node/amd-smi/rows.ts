import type { Device } from "../devices.ts";
import type { Release } from "../release.ts";
import type { NodeState } from "../state.ts";
import type { StatusName } from "../status.ts";
import type { Json, Outcome } from "./outcome.ts";
import { document } from "./outcome.ts";
import { exitStatusOf } from "./typed-errors.ts";

/**
 * The answer of a changing command, one row per device. Older releases print all rows at the end, and none when they
 * fail on the way; newer ones print each row as it happens.
 */
export interface Rows {
  readonly release: Release;
  readonly rows: readonly Json[];
}

export const noRows = (release: Release): Rows => ({ release, rows: [] });

export const withRow = ({ release, rows }: Rows, device: Device, key: string, sentence: string): Rows => ({
  release,
  rows: [...rows, { gpu: device.index, [key]: sentence }],
});

export const printRows = ({ release, rows }: Rows): string =>
  release.set.rows === "together" ? document(rows) : rows.map((row) => document([row])).join("");

/** @param refused what the library returned for each GPU that has a row of refusal. @default none */
export const done = (rows: Rows, state: NodeState, refused: readonly StatusName[] = []): Outcome => ({
  stdout: printRows(rows),
  stderr: "",
  code: rows.release.set.refusal === "row" ? exitStatusOf(refused) : 0,
  state,
});

/** Raised on the way: exit status 1. */
export const failed = (rows: Rows, state: NodeState, stderr: string, lastWords = ""): Outcome => ({
  stdout: `${rows.release.set.rows === "together" ? "" : printRows(rows)}${lastWords}`,
  stderr,
  code: 1,
  state,
});

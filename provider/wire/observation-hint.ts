import { deflateRawSync, inflateRawSync } from "node:zlib";

import type { HostObservation } from "../detection/observation.ts";

/**
 * What the program saw of a host, or why it saw nothing. Travels as an input from the program to the provider's process,
 * which uses it to plan and drops it: it never reaches state.
 */
export type Hint =
  | { readonly observation: HostObservation }
  | { readonly failure: string; readonly mistake: boolean };

export function parseHint(value: unknown): Hint | undefined {
  if (typeof value !== "string") return undefined;
  try {
    return JSON.parse(inflateRawSync(Buffer.from(value, "base64")).toString()) as Hint;
  } catch {
    return undefined;
  }
}

/** Packed: the engine copies and logs an input many times on its way, and one host's observation is 8 to 16 kB of text. */
export const formatHint = (hint: Hint): string =>
  deflateRawSync(JSON.stringify(hint), { level: 1 }).toString("base64");

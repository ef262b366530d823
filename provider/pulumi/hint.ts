import type { HostObservation } from "../detection/observation.ts";

/**
 * What the program saw of a host, or why it saw nothing. Travels as an input from the program to the provider's process,
 * which uses it to plan and drops it: it never reaches state.
 */
export type Hint =
  | { readonly observation: HostObservation }
  | { readonly failure: string; readonly mistake: boolean };

export function parseHint(value: unknown): Hint | undefined {
  if (typeof value !== "string" || !value.startsWith("{")) return undefined;
  try {
    return JSON.parse(value) as Hint;
  } catch {
    return undefined;
  }
}

export const formatHint = (hint: Hint): string => JSON.stringify(hint);

import type { Properties } from "../wire/handler.ts";
import { only, without } from "../wire/handler.ts";
import { UNKNOWN } from "../wire/unknowns.ts";
import type { Field, Kind } from "./kinds.ts";

/**
 * What goes into state: what the program wrote, as it wrote it, and what was computed. Neither defaults nor what the provider's
 * configuration adds.
 */
export function stored(kind: Kind, written: Properties, result: Properties): Record<string, unknown> {
  return {
    ...declaredIn(kind, written),
    ...only(result, [...kind.computed, ...kind.reduced, "identity"]),
  };
}

/** The same as outputs. */
export function storedOutputs(kind: Kind, written: Properties, result: Properties): Record<string, unknown> {
  const outputs = stored(kind, written, result);
  return { ...outputs, ...kind.derived(outputs) };
}

export const declaredIn = (kind: Kind, properties: Properties): Record<string, unknown> =>
  without(properties, [...kind.computed, ...kind.reduced, ...kind.internal]);

/** The same with the defaults of fields that are not written, so that a default that is written is no difference. */
export function withDefaults(
  fields: Readonly<Record<string, Field>>,
  properties: Properties,
): Record<string, unknown> {
  const filled: Record<string, unknown> = { ...properties };
  for (const [name, field] of Object.entries(fields)) {
    const parsed = field.safeParse(properties[name]);
    if (!parsed.success) continue;
    if (parsed.data === undefined) delete filled[name];
    else filled[name] = parsed.data;
  }
  return filled;
}

/** What a preview shows of outputs: those that only the update makes known are open. */
export function previewed(kind: Kind, inputs: Properties): Record<string, unknown> {
  const open = kind.openOutputs(inputs);
  const outputs = { ...inputs, ...Object.fromEntries(open.map((key) => [key, UNKNOWN])) };
  return { ...outputs, ...kind.derived(outputs) };
}

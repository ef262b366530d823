import { placementFields } from "../../schema/placement.ts";
import { servingFields } from "../../schema/serving.ts";
import { fresh, type Properties } from "../../wire/handler.ts";
import { shortDigest } from "../../wire/short-digest.ts";

const FIELDS = ["model", ...Object.keys(servingFields), ...Object.keys(placementFields)];

/**
 * What a model is declared with, in short: equal for the allocation itself and for its entry in a fleet. A field that is not given
 * counts for nothing, so that a release with more fields makes the same of an old declaration.
 */
export function declarationDigest(declared: object): string {
  const given = fresh(declared) as Properties;
  const known = FIELDS.filter((field) => given[field] !== undefined).map((field) => [field, given[field]]);
  return shortDigest(JSON.stringify(sorted(known)));
}

/** With the fields of every object in one order. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).toSorted(([one], [other]) => (one < other ? -1 : 1));
  return Object.fromEntries(entries.map(([key, inside]) => [key, sorted(inside)]));
}

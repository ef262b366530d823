import { CATALOG } from "./catalog-data.ts";
import type { CatalogModel } from "./shape.ts";
import { suggest } from "./suggest.ts";

const BY_ID: ReadonlyMap<string, CatalogModel> = new Map(
  CATALOG.map((model) => [model.id.toLowerCase(), model]),
);

/**
 * What the makers append or put in when they tune a model further: "-Instruct", "-it", "-chat", "-Thinking", the month of
 * a release, or "-Base" for the one they started from. The layers stay what they were.
 */
const TUNED = /-(?:(?:instruct|it|chat|thinking|base)(?:-\d{4})?(?=-|$)|\d{4}$)/i;

export type CatalogLookup =
  | {
      readonly ok: true;
      readonly model: CatalogModel;
      /** Id of the row it was taken from, when that is another one of the same shape. */
      readonly shapeOf?: string;
    }
  | { readonly ok: false; readonly error: string; readonly suggestions: readonly string[] };

/** All ids, in the order of the table. */
export const catalogIds = (): readonly string[] => CATALOG.map((model) => model.id);

/**
 * The model with this Hub id, in any letter case; or the one that it tunes, whose shape it has. How long a context it takes
 * is not known then, because tuning changes that. An unknown id is answered with the nearest known ones.
 */
export function lookupModel(id: string): CatalogLookup {
  const model = BY_ID.get(id.trim().toLowerCase());
  if (model) return { ok: true, model };
  const relative = BY_ID.get(id.trim().toLowerCase().replace(TUNED, ""));
  if (relative) {
    const { maxContext: _, ...shape } = relative;
    return { ok: true, model: { ...shape, id: id.trim() }, shapeOf: relative.id };
  }
  const suggestions = suggest(id.trim(), catalogIds());
  const hint = suggestions.length > 0 ? `; did you mean ${suggestions.join(" or ")}?` : ".";
  return {
    ok: false,
    error: `model "${id}" is not in the catalog${hint} Any model can be given by its shape instead of an id.`,
    suggestions,
  };
}

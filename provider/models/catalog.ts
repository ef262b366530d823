import { CATALOG } from "./catalog-data.ts";
import type { CatalogModel } from "./shape.ts";
import { suggest } from "./suggest.ts";

const BY_ID: ReadonlyMap<string, CatalogModel> = new Map(
  CATALOG.map((model) => [model.id.toLowerCase(), model]),
);

export type CatalogLookup =
  | { readonly ok: true; readonly model: CatalogModel }
  | { readonly ok: false; readonly error: string; readonly suggestions: readonly string[] };

/** All ids, in the order of the table. */
export const catalogIds = (): readonly string[] => CATALOG.map((model) => model.id);

/** The model with this Hub id, in any letter case. An unknown id is answered with the nearest known ones. */
export function lookupModel(id: string): CatalogLookup {
  const model = BY_ID.get(id.trim().toLowerCase());
  if (model) return { ok: true, model };
  const suggestions = suggest(id.trim(), catalogIds());
  const hint = suggestions.length > 0 ? `; did you mean ${suggestions.join(" or ")}?` : ".";
  return {
    ok: false,
    error: `model "${id}" is not in the catalog${hint} Any model can be given by its shape instead of an id.`,
    suggestions,
  };
}

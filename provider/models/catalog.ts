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

/** What some makers append to the same model in fp8. */
const IN_FP8 = /-fp8$/i;

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
 * The model with this Hub id, in any letter case; its maker's copy of it in fp8; or the one that it tunes, whose shape it has.
 * How long a context it takes is not known then, because tuning changes that. An unknown id is answered with the nearest
 * known ones.
 */
export function lookupModel(id: string): CatalogLookup {
  const name = id.trim().toLowerCase();
  const model = BY_ID.get(name);
  if (model) return { ok: true, model };
  const before = name.replace(IN_FP8, "");
  const relative = BY_ID.get(before) ?? BY_ID.get(before.replace(TUNED, ""));
  if (relative)
    return { ok: true, model: { ...relativeOf(relative, name), id: id.trim() }, shapeOf: relative.id };
  const suggestions = suggest(id.trim(), catalogIds());
  const hint = suggestions.length > 0 ? `; did you mean ${suggestions.join(" or ")}?` : ".";
  return {
    ok: false,
    error: `model "${id}" is not in the catalog${hint} Any model can be given by its shape instead of an id.`,
    suggestions,
  };
}

function relativeOf(relative: CatalogModel, name: string): CatalogModel {
  const { maxContext, nativeDtype, weightsBytes, ...shape } = relative;
  const inFp8 = IN_FP8.test(name) && nativeDtype !== "fp8";
  const tuned = name.replace(IN_FP8, "") !== relative.id.toLowerCase();
  return {
    ...shape,
    ...(maxContext !== undefined && (tuned ? { maxContextOfBase: maxContext } : { maxContext })),
    ...(inFp8 ? { nativeDtype: "fp8" } : nativeDtype && { nativeDtype }),
    ...(!inFp8 && weightsBytes !== undefined && { weightsBytes }),
  };
}

import type { Dtype } from "../../schema/precision.ts";
import type { CatalogModel } from "../shape/shape.ts";
import { CATALOG } from "./catalog-data.ts";
import { type CopyName, parseCopyName, withoutTuning } from "./copies.ts";
import { suggest } from "./suggest.ts";

const BY_ID: ReadonlyMap<string, CatalogModel> = new Map(
  CATALOG.map((model) => [model.id.toLowerCase(), model]),
);

const afterOwner = (id: string): string => id.slice(id.indexOf("/") + 1);
const ownerOf = (id: string): string => id.slice(0, id.indexOf("/"));

/** Rows by what is left of their names without tuning; the first of several is the one the others were made of. */
const RELATIVES: ReadonlyMap<string, readonly CatalogModel[]> = families();

function families(): ReadonlyMap<string, readonly CatalogModel[]> {
  const groups = new Map<string, CatalogModel[]>();
  for (const model of CATALOG) {
    const name = withoutTuning(afterOwner(model.id.toLowerCase())).at(-1) ?? "";
    groups.set(name, [...(groups.get(name) ?? []), model]);
  }
  return groups;
}

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
 * The model with this Hub id, in any letter case; a copy of it in another precision, by its maker or by one who publishes
 * copies; or the one that it tunes, whose shape it has. How long a context a tuned model takes is not known, because tuning
 * changes that. An unknown id is answered with the nearest known ones.
 */
export function lookupModel(id: string): CatalogLookup {
  const model = BY_ID.get(id.trim().toLowerCase());
  if (model) return { ok: true, model };
  const name = parseCopyName(id);
  const relative = name && relativeOf(name);
  if (name && relative) {
    const copy = copyOf(relative.row, name.dtype, relative.tuned);
    return { ok: true, model: { ...copy, id: id.trim() }, shapeOf: relative.row.id };
  }
  const suggestions = suggest(id.trim(), catalogIds());
  const hint = suggestions.length > 0 ? `; did you mean ${suggestions.join(" or ")}?` : ".";
  return {
    ok: false,
    error: `model "${id}" is not in the catalog${hint} Any model can be given by its shape instead of an id.`,
    suggestions,
  };
}

/** The same name, or the nearest that it can have been tuned from; of the same maker, unless who publishes it copies others. */
function relativeOf({
  owner,
  model,
  copier,
}: CopyName): { readonly row: CatalogModel; readonly tuned: boolean } | undefined {
  const names = withoutTuning(model);
  const family = RELATIVES.get(names.at(-1) ?? "") ?? [];
  const rows = family.filter((row) => copier || ownerOf(row.id).toLowerCase() === owner);
  for (const name of names) {
    const row = rows.find((candidate) => afterOwner(candidate.id.toLowerCase()) === name);
    if (row) return { row, tuned: name !== model };
  }
  const [first] = rows;
  return first && { row: first, tuned: true };
}

function copyOf(row: CatalogModel, dtype: Dtype | undefined, tuned: boolean): CatalogModel {
  const { maxContext, nativeDtype, weightsBytes, partDtypes, groupSize, ...shape } = row;
  const own = dtype === undefined || dtype === nativeDtype;
  const precision = own ? nativeDtype : dtype;
  return {
    ...shape,
    ...(maxContext !== undefined && (tuned ? { maxContextOfBase: maxContext } : { maxContext })),
    ...(precision && { nativeDtype: precision }),
    ...(own && weightsBytes !== undefined && { weightsBytes }),
    ...(own && partDtypes && { partDtypes }),
    ...(own && groupSize !== undefined && { groupSize }),
    // What a recipe leaves in 16 bit differs where there are experts, and where there are four bits.
    ...(!own && (dtype === "nvfp4" || (dtype === "int4" && row.experts)) && { recipe: "assumed" as const }),
  };
}

import { type ModelArgs, modelSchema, type ModelSpec } from "../schema/model-spec.ts";
import { lookupModel } from "./catalog/catalog.ts";
import { found } from "./found.ts";
import type { ResolveOptions } from "./resolve-options.ts";
import { type FoundModel, shapeOfSpec } from "./shape/shape.ts";
import { hubAccess } from "./sources/hub-access.ts";
import type { HubAccess } from "./sources/hub.ts";

/**
 * The shape of a model: as it was written; or of the catalog, in a local directory, on the Hub, or guessed by its name, in
 * this order. Only `search.ts` and `sources/` read disks or the network.
 */
export async function resolve(model: string | ModelSpec, options: ResolveOptions): Promise<FoundModel> {
  if (typeof model === "string") return resolveName(model, options);
  return found(shapeOfSpec(model), "explicit", "the shape that was given");
}

async function resolveName(name: string, options: ResolveOptions): Promise<FoundModel> {
  const lookup = lookupModel(name);
  if (lookup.ok) return found(lookup.model, "catalog", `the catalog's ${lookup.shapeOf ?? lookup.model.id}`);
  const { search } = await import("./search.ts");
  return search(name, lookup.error, options);
}

/** What a direct caller wrote, checked, and resolved with the user's own way to the Hub unless another is given. */
export async function resolveArgs(model: ModelArgs, hub?: HubAccess | "off"): Promise<FoundModel> {
  const parsed = modelSchema.safeParse(model);
  if (parsed.success) return resolve(parsed.data, { hub: hub ?? hubAccess(process.env) });
  const error = parsed.error.issues
    .map(({ path, message }) => `${["model", ...path.map(String)].join(".")}: ${message}`)
    .join("; ");
  return { ok: false, transient: false, error };
}

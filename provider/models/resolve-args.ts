import { type ModelArgs, modelSchema } from "../schema/model.ts";
import { resolve } from "./resolve.ts";
import type { FoundModel } from "./shape.ts";
import { hubAccess } from "./sources/hub-access.ts";
import type { HubAccess } from "./sources/hub.ts";

/** What a direct caller wrote, checked, and resolved with the user's own way to the Hub unless another is given. */
export async function resolveArgs(model: ModelArgs, hub?: HubAccess | "off"): Promise<FoundModel> {
  const parsed = modelSchema.safeParse(model);
  if (parsed.success) return resolve(parsed.data, { hub: hub ?? hubAccess(process.env) });
  const error = parsed.error.issues
    .map(({ path, message }) => `${["model", ...path.map(String)].join(".")}: ${message}`)
    .join("; ");
  return { ok: false, transient: false, error };
}

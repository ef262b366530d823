import { resolve } from "../../models/resolve.ts";
import type { FoundModel } from "../../models/shape.ts";
import { hubAccess } from "../../models/sources/hub-access.ts";
import type { AllocationArgs } from "../../schema/allocation.ts";
import { once } from "../once.ts";

/** Several allocations of one model in one operation read its headers once. */
const found = new Map<string, Promise<FoundModel>>();

/** The model as it is found where the provider runs: on the machine of the user or of CI, not on the GPU host. */
export async function findModel(model: AllocationArgs["model"]): Promise<FoundModel> {
  const options = { hub: hubAccess(process.env) };
  if (typeof model !== "string") return resolve(model, options);
  return once(found, model, async () => resolve(model, options));
}

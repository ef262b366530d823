import { type EstimateResult, estimateMemory, type MemoryEstimate } from "../models/memory/estimate.ts";
import type { Serving } from "../models/memory/serving.ts";
import { estimateWarnings } from "../models/memory/warnings.ts";
import { resolveArgs } from "../models/resolve.ts";
import type { FoundModel, ModelOrigin } from "../models/shape/shape.ts";
import type { HubAccess } from "../models/sources/hub.ts";
import { poolOf } from "../scheduler/occupancy/pool.ts";
import { readRequest } from "../scheduler/read-request.ts";
import { servingOn } from "../scheduler/serving-on.ts";
import type { ModelArgs } from "../schema/model-spec.ts";
import type { ScheduleOptionsArgs } from "../schema/placement.ts";

export interface EstimateOptions extends ScheduleOptionsArgs {
  /** The Hugging Face Hub, or that hub is "off". @default what `HF_TOKEN`, `HF_ENDPOINT` and `HF_HUB_OFFLINE` say */
  readonly hub?: HubAccess | "off";
}

export type ModelEstimate =
  | {
      readonly ok: true;
      /** What the engine loads. */
      readonly model: string;
      /** Where the shape of the model comes from. */
      readonly origin: ModelOrigin | undefined;
      readonly serving: Serving;
      readonly tensorParallel: number;
      /** Of one rank. */
      readonly memory: MemoryEstimate;
      /** What to know before relying on it; one sentence each. */
      readonly warnings: readonly string[];
    }
  | { readonly ok: false; readonly error: string };

export async function estimate(
  model: ModelArgs | FoundModel,
  { hub, ...options }: EstimateOptions,
): Promise<ModelEstimate> {
  const found = typeof model === "object" && "ok" in model ? model : await resolveArgs(model, hub);
  const request = readRequest(found, options);
  if (!request.ok) return request;
  const { shape } = request;
  const ranks = request.options.tensorParallel === "auto" ? 1 : request.options.tensorParallel;
  const serving = servingOn(poolOf([]), shape, request.options);
  const result: EstimateResult = estimateMemory(shape, serving, ranks);
  if (!result.ok) return { ok: false, error: result.error };
  return {
    ok: true,
    model: shape.id,
    origin: shape.origin,
    serving,
    tensorParallel: ranks,
    memory: result.estimate,
    warnings: estimateWarnings(shape, serving),
  };
}

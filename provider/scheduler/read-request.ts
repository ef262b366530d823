import { lookupModel } from "../models/catalog/catalog.ts";
import { type FoundModel, type ModelShape, shapeOfSpec } from "../models/shape/shape.ts";
import { type ModelArgs, modelSchema } from "../schema/model-spec.ts";
import {
  type ScheduleOptions,
  type ScheduleOptionsArgs,
  scheduleOptionsSchema,
} from "../schema/placement.ts";

export type RequestResult =
  | { readonly ok: true; readonly shape: ModelShape; readonly options: ScheduleOptions }
  | { readonly ok: false; readonly error: string };

/** What a direct caller wrote, checked as strictly as a resource's inputs are, and the model it names or has found. */
export function readRequest(model: ModelArgs | FoundModel, options: ScheduleOptionsArgs): RequestResult {
  const parsedOptions = scheduleOptionsSchema.safeParse(options);
  if (typeof model === "object" && "ok" in model) {
    if (!model.ok) return model;
    return parsedOptions.success
      ? { ok: true, shape: model.shape, options: parsedOptions.data }
      : { ok: false, error: sentence("options", parsedOptions.error.issues) };
  }
  const parsedModel = modelSchema.safeParse(model);
  if (!parsedModel.success) return { ok: false, error: sentence("model", parsedModel.error.issues) };
  if (!parsedOptions.success) return { ok: false, error: sentence("options", parsedOptions.error.issues) };
  if (typeof parsedModel.data !== "string") {
    return { ok: true, shape: shapeOfSpec(parsedModel.data), options: parsedOptions.data };
  }
  const lookup = lookupModel(parsedModel.data);
  return lookup.ok ? { ok: true, shape: lookup.model, options: parsedOptions.data } : lookup;
}

interface Issue {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

const sentence = (subject: string, issues: readonly Issue[]): string =>
  issues.map(({ path, message }) => `${[subject, ...path.map(String)].join(".")}: ${message}`).join("; ");

import type { Message } from "../../message.ts";
import { estimateMemory as estimate } from "../../models/memory/estimate.ts";
import { resolveServing } from "../../models/memory/serving.ts";
import { memoryOf } from "../../operations/allocation/fields.ts";
import { estimateMemorySchema } from "../../schema/functions.ts";
import { findModel } from "./find-model.ts";
import { defineFunction, failed, known } from "./function.ts";

/** Memory of a model on each of its devices, before there is a host. */
export const estimateMemory = defineFunction({
  schema: estimateMemorySchema,
  results: ["model", "dtype", "tensorParallel", "weightsBytes", "kvBytes", "memory", "modelSource"],
  answer: async ({ model, tensorParallel, ...options }, session) => {
    const found = await findModel(session, "model", model);
    if (!found.ok) return found.answer;
    const { shape } = found;
    const result = estimate(shape, resolveServing(shape, options), tensorParallel);
    if (!result.ok) return failed(propertyOf(result.refusal), result.refusal);
    const { dtype, weightsBytes, kvBytes } = result.estimate;
    return known({
      model: shape.id,
      dtype,
      tensorParallel,
      weightsBytes,
      kvBytes,
      memory: memoryOf(result.estimate, result.estimate.high, tensorParallel),
      modelSource: shape.origin,
    });
  },
});

const propertyOf = ({ code }: Message): string => (code === "ranks-not-allowed" ? "tensorParallel" : "model");

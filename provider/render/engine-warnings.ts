import { isGguf } from "../models/shape/gguf-types.ts";
import { resolvePrecision } from "../models/shape/precision.ts";
import type { ModelShape } from "../models/shape/shape.ts";
import type { EngineName } from "../schema/engine.ts";
import type { ServingOptions } from "../schema/serving.ts";

/** Quantisations of a checkpoint that vLLM 0.33.0 loads on ROCm (`supported_quantization` in `vllm/platforms/rocm.py`). */
const VLLM_ON_ROCM: ReadonlySet<string> = new Set([
  "awq",
  "gptq",
  "fp8",
  "fbgemm_fp8",
  "compressed-tensors",
  "quark",
  "mxfp4",
  "mxfp8",
  "modelopt",
  "torchao",
  "inc",
  "auto-round",
]);

/** What an engine will not do with a model; empty when there is nothing known. */
export function engineWarnings(
  engine: EngineName,
  shape: ModelShape,
  serving: Pick<ServingOptions, "precision" | "kvCacheDtype">,
): readonly string[] {
  return engine === "vllm" ? vllmWarnings(shape, serving) : sglangWarnings(shape, serving);
}

function vllmWarnings(
  shape: ModelShape,
  { precision }: Pick<ServingOptions, "precision">,
): readonly string[] {
  if (isGguf(resolvePrecision(shape, precision))) {
    return [
      `vLLM 0.33.0 does not load GGUF: ${shape.id} needs engine "sglang", or a checkpoint of another kind`,
    ];
  }
  const method = shape.quantization;
  if (method === undefined || VLLM_ON_ROCM.has(method)) return [];
  return [
    `vLLM 0.33.0 does not list ${method}, the quantisation of ${shape.id}, among those that it loads on ROCm`,
  ];
}

function sglangWarnings(
  shape: ModelShape,
  { precision, kvCacheDtype }: Pick<ServingOptions, "precision" | "kvCacheDtype">,
): readonly string[] {
  const overheads = `activations, graphs and runtime of ${shape.id} are estimated from vLLM logs and were not verified against SGLang`;
  const computed = resolvePrecision(shape, precision);
  return kvCacheDtype === "fp16" && computed === "bf16"
    ? [overheads, `SGLang has no fp16 KV cache for a model that computes in bf16; bf16 is used`]
    : [overheads];
}

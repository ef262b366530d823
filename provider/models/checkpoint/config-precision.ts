import type { LanguageModelConfig, ModelConfig, QuantizationConfig } from "../../schema/model-config.ts";
import type { Dtype } from "../../schema/model.ts";

/** What a config.json says its checkpoint holds; undefined where it says nothing that is understood. */
export interface CheckpointPrecision {
  readonly dtype: Dtype | undefined;
  readonly groupSize: number | undefined;
  /** `quant_method`: what engines call it. */
  readonly method: string | undefined;
}

const PLAIN: Readonly<Record<string, Dtype>> = {
  bfloat16: "bf16",
  float16: "fp16",
  half: "fp16",
  float32: "fp32",
  float: "fp32",
};

export function checkpointPrecision(config: ModelConfig, language: LanguageModelConfig): CheckpointPrecision {
  const quantization = config.quantization_config ?? language.quantization_config;
  if (quantization) return quantisedPrecision(quantization);
  const named = language.dtype ?? language.torch_dtype ?? config.dtype ?? config.torch_dtype;
  return { dtype: named ? PLAIN[named] : undefined, groupSize: undefined, method: undefined };
}

function quantisedPrecision(quantization: QuantizationConfig): CheckpointPrecision {
  const method = quantization.quant_method ?? undefined;
  const group = Object.values(quantization.config_groups ?? {}).find(({ weights }) => weights)?.weights;
  const bits = group?.num_bits ?? quantization.bits ?? undefined;
  const size = group?.group_size ?? quantization.group_size ?? undefined;
  return {
    dtype: quantisedDtype(method, bits, group?.type ?? undefined),
    groupSize: size !== undefined && size !== null && size > 0 ? size : undefined,
    method,
  };
}

function quantisedDtype(
  method: string | undefined,
  bits: number | undefined,
  type: string | undefined,
): Dtype | undefined {
  if (method === undefined) return undefined;
  if (method.includes("mxfp4")) return "mxfp4";
  if (method.includes("fp8") || (type === "float" && bits === 8)) return "fp8";
  if (bits === 8) return "int8";
  return bits === 4 || method.includes("awq") || method.includes("gptq") ? "int4" : undefined;
}

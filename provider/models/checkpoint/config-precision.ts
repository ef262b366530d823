import type { LanguageModelConfig, ModelConfig, QuantizationConfig } from "../../schema/model-config.ts";
import type { Dtype } from "../../schema/precision.ts";

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
  const bits = group?.num_bits ?? quantization.bits ?? bitsOfLoading(quantization);
  const size = group?.group_size ?? quantization.group_size ?? undefined;
  return {
    dtype:
      namedFormat(quantization) ?? quantisedDtype(method, bits, group?.type ?? undefined, size ?? undefined),
    groupSize: size !== undefined && size !== null && size > 0 ? size : undefined,
    method,
  };
}

/** bitsandbytes says how it loads, not how many bits. */
const bitsOfLoading = ({
  load_in_4bit: four,
  load_in_8bit: eight,
}: QuantizationConfig): number | undefined => {
  if (four) return 4;
  return eight ? 8 : undefined;
};

/** Formats that modelopt and Quark call by name; undefined for what they mix or do not name. */
function namedFormat(quantization: QuantizationConfig): Dtype | undefined {
  const method = quantization.quant_method?.toLowerCase() ?? "";
  const algorithm = (quantization.quant_algo ?? "").toUpperCase();
  if (algorithm.includes("NVFP4")) return "nvfp4";
  if (algorithm.startsWith("FP8")) return "fp8";
  if (method === "bitsandbytes") return quantization.load_in_8bit ? "int8" : "nf4";
  if (method !== "quark") return undefined;
  const weight = quantization.global_quant_config?.weight;
  const type = weight?.dtype ?? "";
  if (type === "fp4" || type.startsWith("mx_fp4") || type === "mxfp4") return "mxfp4";
  if (type.startsWith("fp8")) return "fp8";
  if (type.endsWith("int4")) return "int4";
  return type.endsWith("int8") ? "int8" : undefined;
}

function quantisedDtype(
  method: string | undefined,
  bits: number | undefined,
  type: string | undefined,
  size: number | undefined,
): Dtype | undefined {
  if (method === undefined) return undefined;
  if (method.includes("mxfp4")) return "mxfp4";
  // compressed-tensors: four bits of a float are NVFP4 in groups of 16, and MXFP4 in groups of 32.
  if (type === "float" && bits === 4) return size === 16 ? "nvfp4" : "mxfp4";
  if (method.includes("fp8") || (type === "float" && bits === 8)) return "fp8";
  if (bits === 8) return "int8";
  return bits === 4 || method.includes("awq") || method.includes("gptq") ? "int4" : undefined;
}

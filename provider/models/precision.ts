import type { Dtype, KvCacheDtype, Precision } from "../schema/model.ts";
import type { ModelShape } from "./shape.ts";

interface WeightFormat {
  readonly bits: number;
  /** Bits of scales and zero points, per weight. */
  readonly scaleBits: number;
}

/**
 * Bits of one weight. Formats with groups carry their scales:
 * - fp8: an fp32 scale per block of 128 x 128 (DeepSeek's checkpoints; a scale per tensor is less).
 * - int8: a 16-bit scale per group of 128 (GPTQ; a scale per channel is less).
 * - int4: a 16-bit scale and a 4-bit zero point per group of 128 (AWQ, GPTQ): 4.15625 bits.
 * - mxfp4: an 8-bit exponent per group of 32 (OCP microscaling): 4.25 bits, exact for gpt-oss.
 */
const WEIGHT_FORMAT: Readonly<Record<Dtype, WeightFormat>> = {
  fp32: { bits: 32, scaleBits: 0 },
  bf16: { bits: 16, scaleBits: 0 },
  fp16: { bits: 16, scaleBits: 0 },
  fp8: { bits: 8, scaleBits: 32 / (128 * 128) },
  int8: { bits: 8, scaleBits: 16 / 128 },
  int4: { bits: 4, scaleBits: (16 + 4) / 128 },
  mxfp4: { bits: 4, scaleBits: 8 / 32 },
};

export const bytesPerWeight = (dtype: Dtype): number =>
  (WEIGHT_FORMAT[dtype].bits + WEIGHT_FORMAT[dtype].scaleBits) / 8;

/** Formats whose embeddings, norms and routers stay in 16 bit. */
export const isQuantised = (dtype: Dtype): boolean => WEIGHT_FORMAT[dtype].bits < 16;

/**
 * What the engine will hold. A checkpoint in fp32 is loaded in 16 bit unless fp32 is asked for by name (vLLM's `--dtype
 * auto`), and one of unknown type is taken for 16 bit.
 */
export function resolvePrecision(shape: ModelShape, precision: Precision): Dtype {
  if (precision !== "native") return precision;
  return shape.nativeDtype === undefined || shape.nativeDtype === "fp32" ? "bf16" : shape.nativeDtype;
}

/** Whether the checkpoint's own bytes are what will be loaded: the same format, or the other 16-bit one. */
export function loadsCheckpointBytes(shape: ModelShape, dtype: Dtype): boolean {
  const native = shape.nativeDtype;
  if (native === undefined) return false;
  return native === dtype || (WEIGHT_FORMAT[native].bits === 16 && WEIGHT_FORMAT[dtype].bits === 16);
}

const KV_ELEMENT_BYTES: Readonly<Record<Exclude<KvCacheDtype, "auto">, number>> = {
  fp16: 2,
  bf16: 2,
  fp8: 1,
  fp8_e4m3: 1,
  fp8_e5m2: 1,
};

/** Bytes of one element of the KV cache. "auto" is what the model computes in. */
export function kvElementBytes(kvCacheDtype: KvCacheDtype, dtype: Dtype): number {
  if (kvCacheDtype !== "auto") return KV_ELEMENT_BYTES[kvCacheDtype];
  return dtype === "fp32" ? 4 : 2;
}

/** Steps down from a precision, nearest first: what a refusal can suggest. */
export function lowerPrecisions(dtype: Dtype): readonly Dtype[] {
  const ladder: readonly Dtype[] = ["bf16", "fp8", "int4"];
  return ladder.filter((step) => WEIGHT_FORMAT[step].bits < WEIGHT_FORMAT[dtype].bits);
}

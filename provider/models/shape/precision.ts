import type { Dtype, GgufPrecision, KvCacheDtype, Precision } from "../../schema/precision.ts";
import { ggufBitsPerWeight, isGguf } from "./gguf-types.ts";
import type { ModelShape } from "./shape.ts";

interface WeightFormat {
  readonly bits: number;
  /** Bits of scale and zero point, per group of `group` weights. */
  readonly scaleBits: number;
  readonly group: number;
}

/**
 * Bits of one weight. Formats with groups carry their scales:
 * - fp8: an fp32 scale per block of 128 x 128 (DeepSeek's checkpoints; a scale per tensor is less).
 * - int8: a 16-bit scale per group of 128 (GPTQ; a scale per channel is less).
 * - int4: a 16-bit scale and a 4-bit zero point per group of 128 (AWQ, GPTQ): 4.15625 bits.
 * - mxfp4: an 8-bit exponent per group of 32 (OCP microscaling): 4.25 bits, exact for gpt-oss.
 * - nvfp4: an fp8 scale per group of 16: 4.5 bits.
 * - nf4: bitsandbytes, an fp32 scale per group of 64, itself in 8 bit: 4.127 bits.
 */
const WEIGHT_FORMAT: Readonly<Record<Exclude<Dtype, GgufPrecision>, WeightFormat>> = {
  fp32: { bits: 32, scaleBits: 0, group: 1 },
  bf16: { bits: 16, scaleBits: 0, group: 1 },
  fp16: { bits: 16, scaleBits: 0, group: 1 },
  fp8: { bits: 8, scaleBits: 32, group: 128 * 128 },
  int8: { bits: 8, scaleBits: 16, group: 128 },
  int4: { bits: 4, scaleBits: 16 + 4, group: 128 },
  mxfp4: { bits: 4, scaleBits: 8, group: 32 },
  nvfp4: { bits: 4, scaleBits: 8, group: 16 },
  nf4: { bits: 4, scaleBits: 8 + 32 / 256, group: 64 },
};

/** @param groupSize weights that share a scale, where a checkpoint may choose: in int4 and int8 */
export function bytesPerWeight(dtype: Dtype, groupSize?: number): number {
  if (isGguf(dtype)) return ggufBitsPerWeight(dtype) / 8;
  const { bits, scaleBits, group } = WEIGHT_FORMAT[dtype];
  const chosen = dtype === "int4" || dtype === "int8" ? (groupSize ?? group) : group;
  return (bits + scaleBits / chosen) / 8;
}

/** Bytes of one weight without the scales of its group, which are tensors of their own. */
export const elementBytes = (dtype: Dtype): number => bitsOf(dtype) / 8;

const bitsOf = (dtype: Dtype): number =>
  isGguf(dtype) ? ggufBitsPerWeight(dtype) : WEIGHT_FORMAT[dtype].bits;

/** Formats whose embeddings, norms and routers stay in 16 bit; GGUF quantises the tables too. */
export const isQuantised = (dtype: Dtype): boolean => bitsOf(dtype) < 16;

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
  return native === dtype || (bitsOf(native) === 16 && bitsOf(dtype) === 16);
}

/** fp8 is the one format that the flags given here have vLLM make of 16-bit weights. */
export const quantisedAtLoad = (shape: ModelShape, dtype: Dtype): boolean =>
  dtype === "fp8" && !(shape.nativeDtype !== undefined && isQuantised(shape.nativeDtype));

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
  return ladder.filter((step) => bitsOf(step) < bitsOf(dtype));
}

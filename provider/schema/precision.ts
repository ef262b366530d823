import { z } from "zod";

/** Types of quantised tensors in a GGUF file; `models/shape/gguf-types.ts` says what a block of each takes. */
export const GGUF_PRECISIONS = [
  "q4_0",
  "q4_1",
  "q5_0",
  "q5_1",
  "q8_0",
  "q2_k",
  "q3_k",
  "q4_k",
  "q5_k",
  "q6_k",
  "iq1_s",
  "iq1_m",
  "iq2_xxs",
  "iq2_xs",
  "iq2_s",
  "iq3_xxs",
  "iq3_s",
  "iq4_nl",
  "iq4_xs",
  "tq1_0",
  "tq2_0",
] as const;
/** Ways to hold weights. "native" is whatever the checkpoint holds. */
const PRECISIONS = [
  "native",
  "fp32",
  "bf16",
  "fp16",
  "fp8",
  "int8",
  "int4",
  "mxfp4",
  "nvfp4",
  "nf4",
  ...GGUF_PRECISIONS,
] as const;
const KV_CACHE_DTYPES = ["auto", "fp16", "bf16", "fp8", "fp8_e4m3", "fp8_e5m2"] as const;

export const precisionSchema = z.enum(PRECISIONS);
export const dtypeSchema = precisionSchema.exclude(["native"]);
export const kvCacheDtypeSchema = z.enum(KV_CACHE_DTYPES);

export type Precision = z.output<typeof precisionSchema>;
/** A precision a tensor can have: "native" is not one. */
export type Dtype = Exclude<Precision, "native">;
export type GgufPrecision = (typeof GGUF_PRECISIONS)[number];
export type KvCacheDtype = z.output<typeof kvCacheDtypeSchema>;

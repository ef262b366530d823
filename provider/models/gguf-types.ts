import { GGUF_PRECISIONS, type GgufPrecision } from "../schema/model.ts";

/** A tensor in a GGUF file is stored in blocks: so many weights, so many bytes, scales included. */
export interface GgufBlock {
  readonly weights: number;
  readonly bytes: number;
}

/** Weights of a "super-block", and of the older formats' block. */
const SUPER = 256;
const PLAIN = 32;

/**
 * Blocks of the quantised types (ggml `ggml-common.h`; the Python package `gguf` 0.19 states the same table in
 * `constants.py`). A super-block holds the weights' bits, then scales of its parts, then one or two fp16 scales over all.
 */
export const GGUF_BLOCK: Readonly<Record<GgufPrecision, GgufBlock>> = {
  q4_0: { weights: PLAIN, bytes: 2 + 16 },
  q4_1: { weights: PLAIN, bytes: 2 + 2 + 16 },
  q5_0: { weights: PLAIN, bytes: 2 + 4 + 16 },
  q5_1: { weights: PLAIN, bytes: 2 + 2 + 4 + 16 },
  q8_0: { weights: PLAIN, bytes: 2 + 32 },
  q2_k: { weights: SUPER, bytes: 64 + 16 + 2 + 2 },
  q3_k: { weights: SUPER, bytes: 64 + 32 + 12 + 2 },
  q4_k: { weights: SUPER, bytes: 128 + 12 + 2 + 2 },
  q5_k: { weights: SUPER, bytes: 128 + 32 + 12 + 2 + 2 },
  q6_k: { weights: SUPER, bytes: 128 + 64 + 16 + 2 },
  iq1_s: { weights: SUPER, bytes: 32 + 16 + 2 },
  iq1_m: { weights: SUPER, bytes: 32 + 16 + 8 },
  iq2_xxs: { weights: SUPER, bytes: 64 + 2 },
  iq2_xs: { weights: SUPER, bytes: 64 + 8 + 2 },
  iq2_s: { weights: SUPER, bytes: 64 + 16 + 2 },
  iq3_xxs: { weights: SUPER, bytes: 64 + 32 + 2 },
  iq3_s: { weights: SUPER, bytes: 64 + 32 + 8 + 4 + 2 },
  iq4_nl: { weights: PLAIN, bytes: 2 + 16 },
  iq4_xs: { weights: SUPER, bytes: 128 + 4 + 2 + 2 },
  tq1_0: { weights: SUPER, bytes: 48 + 4 + 2 },
  tq2_0: { weights: SUPER, bytes: 64 + 2 },
};

const NAMES: ReadonlySet<string> = new Set(GGUF_PRECISIONS);

export const isGguf = (dtype: string): dtype is GgufPrecision => NAMES.has(dtype);

export const ggufBitsPerWeight = (type: GgufPrecision): number =>
  (GGUF_BLOCK[type].bytes * 8) / GGUF_BLOCK[type].weights;

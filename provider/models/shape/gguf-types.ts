import { GGUF_PRECISIONS, type GgufPrecision } from "../../schema/precision.ts";

/** A tensor in a GGUF file is stored in blocks of a fixed number of weights and bytes, scales included. */
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

interface GgmlType {
  readonly name: string;
  readonly block: GgufBlock;
}

const plain = (name: string, bytes: number): GgmlType => ({ name, block: { weights: 1, bytes } });
const quantised = (name: GgufPrecision): GgmlType => ({ name, block: GGUF_BLOCK[name] });

/** Types by their id in a file (`ggml_type` in ggml.h). Ids that are missing were given up or never are in files. */
const GGML_TYPES: ReadonlyMap<number, GgmlType> = new Map([
  [0, plain("fp32", 4)],
  [1, plain("fp16", 2)],
  [2, quantised("q4_0")],
  [3, quantised("q4_1")],
  [6, quantised("q5_0")],
  [7, quantised("q5_1")],
  [8, quantised("q8_0")],
  [10, quantised("q2_k")],
  [11, quantised("q3_k")],
  [12, quantised("q4_k")],
  [13, quantised("q5_k")],
  [14, quantised("q6_k")],
  [16, quantised("iq2_xxs")],
  [17, quantised("iq2_xs")],
  [18, quantised("iq3_xxs")],
  [19, quantised("iq1_s")],
  [20, quantised("iq4_nl")],
  [21, quantised("iq3_s")],
  [22, quantised("iq2_s")],
  [23, quantised("iq4_xs")],
  [24, plain("i8", 1)],
  [25, plain("i16", 2)],
  [26, plain("i32", 4)],
  [27, plain("i64", 8)],
  [28, plain("f64", 8)],
  [29, quantised("iq1_m")],
  [30, plain("bf16", 2)],
  [34, quantised("tq1_0")],
  [35, quantised("tq2_0")],
  [39, { name: "mxfp4", block: { weights: PLAIN, bytes: 1 + 16 } }],
  [40, { name: "nvfp4", block: { weights: 64, bytes: 4 + 32 } }],
]);

export const ggmlType = (id: number): GgmlType | undefined => GGML_TYPES.get(id);

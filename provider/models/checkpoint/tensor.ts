import type { Bytes } from "../../bytes.ts";

/** One tensor as a checkpoint's header states it. */
export interface Tensor {
  readonly name: string;
  /** Of its elements as stored, in the words of the format: "BF16", "F8_E4M3", "q4_k". */
  readonly dtype: string;
  /** As stored: of packed formats fewer than there are weights. */
  readonly elements: number;
  readonly bytes: Bytes;
}

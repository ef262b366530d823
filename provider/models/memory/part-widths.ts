import type { Dtype } from "../../schema/precision.ts";
import { isGguf } from "../shape/gguf-types.ts";
import type { Part } from "../shape/part-dtypes.ts";
import { bytesPerWeight, isQuantised, loadsCheckpointBytes } from "../shape/precision.ts";
import type { ModelShape } from "../shape/shape.ts";

/** Bytes of a weight of each part: that of the format, unless the checkpoint is known to hold a part in another. */
export function partWidths(
  shape: ModelShape,
  dtype: Dtype,
  bytesOf: (dtype: Dtype, groupSize?: number) => number = bytesPerWeight,
): (part: Part) => number {
  const own = loadsCheckpointBytes(shape, dtype) ? shape.partDtypes : undefined;
  const weight = bytesOf(dtype, shape.groupSize);
  const kept = keptWidth(shape, dtype);
  // gpt-oss quantises only its experts to mxfp4; a dense model in mxfp4 has no other place for it.
  const outside = dtype === "mxfp4" && shape.experts ? kept : weight;
  const usual: Readonly<Record<Part, number>> = {
    // A GGUF file quantises its tables as well.
    embeddings: isGguf(dtype) ? weight : kept,
    attention: outside,
    dense: outside,
    shared: outside,
    experts: weight,
  };
  return (part) => {
    const named = own?.[part];
    return named === undefined ? usual[part] : bytesOf(named, shape.groupSize);
  };
}

/** Of norms and routers: 16 bit in a quantised checkpoint, fp32 in a GGUF file. */
export const keptWidth = (shape: ModelShape, dtype: Dtype): number =>
  isQuantised(dtype)
    ? bytesPerWeight(isGguf(dtype) ? "fp32" : "bf16")
    : bytesPerWeight(dtype, shape.groupSize);

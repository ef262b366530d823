import type { Dtype } from "../../schema/precision.ts";
import type { GpuArchitecture } from "../../schema/serving.ts";
import { ARCHITECTURE } from "../shape/architectures.ts";
import { countParameters } from "../shape/parameters.ts";
import { bytesPerWeight } from "../shape/precision.ts";
import type { ModelShape } from "../shape/shape.ts";
import { platformOf } from "./platform.ts";

const upTo = (value: number, multiple: number): number => Math.ceil(value / multiple) * multiple;

/**
 * Bytes by which an engine fills up the experts of one rank that are in mxfp4, so that its kernels find whole tiles
 * (`mxfp4_round_up_hidden_size_and_intermediate_size` in `vllm/.../oracle/mxfp4.py`, 0.33.0).
 */
export function expertPaddingBytes(
  shape: ModelShape,
  dtype: Dtype,
  tensorParallel: number,
  gpu: GpuArchitecture | undefined,
): number {
  const held = shape.partDtypes?.experts ?? dtype;
  if (!shape.experts || held !== "mxfp4") return 0;
  const { hidden, width } = platformOf(gpu).expertPadding;
  const model = ARCHITECTURE[shape.architecture].expertHidden ?? shape.hidden;
  const ofRank = shape.ffn / tensorParallel;
  const filled = (upTo(model, hidden) * upTo(ofRank, width)) / (model * ofRank);
  const experts = (countParameters(shape).experts / tensorParallel) * bytesPerWeight("mxfp4");
  return experts * (filled - 1);
}

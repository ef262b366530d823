import type { Message } from "../../message.ts";
import type { Dtype } from "../../schema/precision.ts";
import { layerKindsOf } from "../shape/layer-kinds.ts";
import { isQuantised, quantisedAtLoad, resolvePrecision } from "../shape/precision.ts";
import type { ModelShape } from "../shape/shape.ts";
import { sees } from "../shape/vision-towers.ts";
import { imagesPerPrompt } from "./images.ts";
import { modelWarnings } from "./messages.ts";
import type { Serving } from "./serving.ts";

/** By which tuning has shortened a context at most, as far as known: Qwen2.5-7B takes 131072 tokens, its -Instruct 32768. */
const LARGEST_CUT = 4;

/** What a user should know before relying on an estimate; empty when there is nothing. */
export function estimateWarnings(shape: ModelShape, serving: Serving): readonly string[] {
  const warnings: string[] = [...(shape.doubts ?? [])];
  const dtype = resolvePrecision(shape, serving.precision);
  const native = shape.nativeDtype;
  if (shape.verified === "no") {
    warnings.push(`the shape of ${shape.id} is not confirmed; give the shape explicitly to be sure`);
  }
  if (native === undefined && serving.precision === "native") {
    warnings.push(`the precision of ${shape.id}'s checkpoint is unknown: 16 bit is assumed`);
  }
  const surely = (shape.maxContextOfBase ?? 0) / LARGEST_CUT;
  if (shape.maxContext === undefined && serving.maxModelLen > surely) {
    warnings.push(
      `the longest context of ${shape.id} is unknown: maxModelLen ${serving.maxModelLen} is not checked`,
    );
  }
  if (dtype !== native && isQuantised(dtype)) warnings.push(quantisationWarning(shape, dtype));
  if (native !== undefined && isQuantised(native) && !isQuantised(dtype)) {
    warnings.push(`${shape.id} is published in ${native}: ${dtype} needs a converted checkpoint`);
  }
  return [...warnings, ...servingWarnings(shape, serving).map(({ text }) => text)];
}

function servingWarnings(shape: ModelShape, serving: Serving): readonly Message[] {
  const { id } = shape;
  const images = imagesPerPrompt(serving);
  const compressed = layerKindsOf(shape).some(({ mixer }) => mixer.kind === "compressed");
  return [
    ...(sees(shape) && serving.imagesPerPrompt === undefined
      ? [modelWarnings["images-limited"]({ id, images })]
      : []),
    ...(sees(shape) && images > 0 ? [modelWarnings["attention-of-images"]({ id })] : []),
    ...(serving.expertParallel ? [modelWarnings["experts-dealt-out"]({ id })] : []),
    ...(compressed ? [modelWarnings["cache-packing-unproven"]({ id })] : []),
  ];
}

/** mxfp4: "Online Quantization" in vLLM's documentation, from 0.29.0 on. */
function quantisationWarning(shape: ModelShape, dtype: Dtype): string {
  if (quantisedAtLoad(shape, dtype)) {
    return `vLLM quantises ${shape.id} to fp8 while loading it; older releases load all 16-bit weights first and may run out of memory`;
  }
  const is16Bit = shape.nativeDtype === undefined || !isQuantised(shape.nativeDtype);
  return dtype === "mxfp4" && is16Bit
    ? `the estimate for ${shape.id} assumes a checkpoint in mxfp4. vLLM 0.29 and later can quantise to mxfp4 while loading (--quantization mxfp4), but engineArgs omit that flag because the estimate was not verified against a log of it`
    : `vLLM does not quantise to ${dtype} while loading: ${shape.id} must be a checkpoint in ${dtype}`;
}

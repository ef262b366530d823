import type { Dtype } from "../../schema/precision.ts";
import { CATALOG } from "../catalog/catalog-data.ts";
import { kvBytesPerToken } from "../memory/kv-cache/kv-cache.ts";
import { countParameters, totalParameters } from "../shape/parameters.ts";
import type { CatalogModel, ModelShape } from "../shape/shape.ts";

/** "8B", "0.5b", "8x7B", "30B-A3B", "270M": how many parameters a name says. */
const SIZE = /(?:^|[^a-z0-9.])(?:(\d{1,3})x)?(\d{1,4}(?:\.\d{1,3})?)([bmt])(?![a-z0-9])/i;
const ACTIVE = /(?:^|[^a-z0-9])a\d+(?:\.\d+)?b(?![a-z0-9])/i;
const UNIT: Readonly<Record<string, number>> = { m: 1e6, b: 1e9, t: 1e12 };

/** What a name says of its weights, the first that is in it. */
const FORMATS: readonly (readonly [name: RegExp, dtype: Dtype])[] = [
  [/mxfp4/i, "mxfp4"],
  [/fp8/i, "fp8"],
  [/awq|gptq|int4|w4a16|4bit|4-bit/i, "int4"],
  [/int8|w8a8|8bit|8-bit/i, "int8"],
];

/** Words of names of models that are no decoders with a cache of keys and values: nothing known is like them. */
const OTHER_KIND =
  /(?:^|[^a-z])(?:whisper|(?:flan-)?t5\w*|ul2|florence|flux|sdxl|diffusion\w*|llada\w*|dream|\w*mamba\d?|rwkv|(?:modern|distil|al)?bert|(?:ro|de)berta|bitnet)(?![a-z])/i;

/** Words of names of models that see or hear. */
const SENSES =
  /(?:^|[^a-z])(?:vl\d?|vision|omni|audio|asr|tts|voxtral|pixtral|llava|\w*vlm\d?|paligemma\d?|internvl\d?(?:_\d)?|molmo|minicpm-v)(?![a-z])/i;

/** Known models that are of about the size, by this factor up and down. */
const ABOUT = 1.5;

/**
 * A shape guessed from nothing but a name: the known model of about that size that needs most for its KV cache, with the
 * parameters the name says. Undefined when it says none, or says that the model is of a kind that has no such cache.
 */
export function shapeOfName(name: string): ModelShape | undefined {
  const match = SIZE.exec(name);
  if (!match || OTHER_KIND.test(name)) return undefined;
  const [, times = "1", number = "", unit = ""] = match;
  const parameters = Math.round(Number(times) * Number(number) * (UNIT[unit.toLowerCase()] ?? 1));
  if (parameters < 1e6 || parameters > 1e13) return undefined;
  const mixture = match[1] !== undefined || ACTIVE.test(name);
  const alike = nearest(parameters, mixture);
  if (!alike) return undefined;
  const dtype = FORMATS.find(([pattern]) => pattern.test(name))?.[1] ?? "bf16";
  // Only what the estimate is made of: context, bytes and origin are those of another model.
  const { maxContext: _, weightsBytes: __, visionParams: ___, source: ____, ...shape } = alike;
  const scaled = { ...shape, id: name, params: parameters, nativeDtype: dtype, verified: "no" as const };
  return {
    ...scaled,
    doubts: [
      ...(SENSES.test(name)
        ? [
            `the name of ${name} suggests a vision or audio tower, which the estimate does not include; the estimate is too low by the size of that tower`,
          ]
        : []),
      `NOTHING IS KNOWN ABOUT ${name}: its name contains ${match[0].replace(/^[^a-z0-9]/i, "")}, so the estimate uses the shape of ${alike.id} with that number of parameters in ${dtype}. The estimate can be far off; give the shape explicitly, or a directory`,
    ],
  };
}

function nearest(parameters: number, mixture: boolean): CatalogModel | undefined {
  const kind = CATALOG.filter((model) => (model.experts !== undefined) === mixture && !model.mla);
  const distance = (model: CatalogModel): number =>
    Math.abs(Math.log((model.params ?? totalParameters(countParameters(model))) / parameters));
  const about = kind.filter((model) => distance(model) <= Math.log(ABOUT));
  const [thirstiest] = about.toSorted((a, b) => kvBytesPerToken(b, 2, 1) - kvBytesPerToken(a, 2, 1));
  return thirstiest ?? kind.toSorted((a, b) => distance(a) - distance(b))[0];
}

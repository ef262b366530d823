import type { Dtype } from "../../schema/precision.ts";
import { GGUF_PRECISIONS } from "../../schema/precision.ts";

/** What a name says of the precision of a copy, taken off its end. The first that fits counts. */
const FORMATS: readonly (readonly [suffix: RegExp, dtype: Dtype])[] = [
  [
    /-(?:w-)?(?:w?mxfp4)(?:fp8)?(?:-a(?:-|mx)?fp[48](?:fp8)?)?(?:-amp)?(?:-kvfp8)?(?:-[a-z]*attn[a-z0-9-]*)?(?:-preview)?$/,
    "mxfp4",
  ],
  [/-nvfp4(?:a16)?(?:-fp8)?(?:-kv)?(?:-preview)?(?:-v\d)?$|-fp4(?:-v\d)?$/, "nvfp4"],
  [/(?:-unsloth)?-bnb-4bit$/, "nf4"],
  [/-fp8(?:-(?:dynamic|kv|block|static|per-?tensor|per-?channel|w8a8|preview))*$|-w8a8-fp8$/, "fp8"],
  [/-(?:quantized\.)?w8a(?:8|16)$|-gptq-int8$|-int8$|-8bit$/, "int8"],
  [
    /-(?:quantized\.)?w4a16(?:-g\d+)?$|-awq(?:-(?:int4|4bit|marlin))?$|-gptq(?:-(?:int4|4bit))?$|-(?:autoround-)?int4(?:-(?:awq|gptq))?$|-4bit$/,
    "int4",
  ],
  [/-bf16$/, "bf16"],
];

/** Who publishes copies of other makers' models under their names. */
const COPIERS: ReadonlySet<string> = new Set([
  "amd",
  "bartowski",
  "casperhansen",
  "cyankiwi",
  "ggml-org",
  "hugging-quants",
  "ibnzterrell",
  "intel",
  "kaitchup",
  "lmstudio-community",
  "modelcloud",
  "neuralmagic",
  "nousresearch",
  "nvidia",
  "qubitium",
  "quanttrio",
  "redhatai",
  "solidrust",
  "thebloke",
  "unsloth",
]);

/**
 * Models that others made of a model of the catalog, whose layers they have: their model cards name the base, or their own names do. What
 * the name says of the precision comes after it.
 */
const MADE_OF: readonly (readonly [model: RegExp, base: string])[] = [
  [/^nvidia\/llama-3\.1-nemotron-70b-instruct(?:-hf)?(?=-|$)/, "meta-llama/llama-3.1-70b-instruct"],
  [/^nousresearch\/hermes-3-llama-3\.1-(\d+b)(?=-|$)/, "meta-llama/llama-3.1-$1-instruct"],
  [/^nousresearch\/hermes-4-(70b|405b)(?=-|$)/, "meta-llama/llama-3.1-$1-instruct"],
  [/^openai\/gpt-oss-safeguard-(20b|120b)(?=-|$)/, "openai/gpt-oss-$1"],
  [/^primeintellect\/intellect-3(?=-|$)/, "zai-org/glm-4.5-air"],
  // Qwen2.5 kept the layers of Qwen2 in these sizes: 7,615,616,512 and 72,706,203,648 parameters both.
  [/^qwen\/qwen2-(7b|72b)(?=-|$)/, "qwen/qwen2.5-$1"],
  [/^qwen\/qwen2\.5-math-(1\.5b|7b|72b)(?=-|$)/, "qwen/qwen2.5-$1"],
];

/** Makers by the names they had before, and names of models that were changed. */
const RENAMED: readonly (readonly [before: RegExp, now: string])[] = [
  [/^thudm\//, "zai-org/"],
  [/^zhipuai\//, "zai-org/"],
  [/^cohereforai\//, "coherelabs/"],
  [/^ai21\//, "ai21labs/"],
  [/\/meta-llama-3(?=\.)/, "/llama-3"],
  [/\/llama-2-(\d+b)-chat$/, "/llama-2-$1-chat-hf"],
  ...MADE_OF,
];

/** What a name says: whose model, which, and in which precision; the precision is absent where the maker's own is meant. */
export interface CopyName {
  readonly owner: string;
  /** Without the owner, in lower case. */
  readonly model: string;
  readonly dtype?: Dtype;
  /** Whether the owner publishes copies of models of others. */
  readonly copier: boolean;
}

/**
 * Reads "owner/name", with what quantisers append, or "owner/name-GGUF:Q4_K_M".
 *
 * @returns undefined where the precision is said in a way that names none
 */
export function parseCopyName(id: string): CopyName | undefined {
  const renamed = RENAMED.reduce((name, [before, now]) => name.replace(before, now), id.trim().toLowerCase());
  const [path = "", choice] = renamed.split(":");
  const slash = path.indexOf("/");
  if (slash < 1) return undefined;
  const owner = path.slice(0, slash);
  const copier = COPIERS.has(owner);
  // "bartowski/google_gemma-3-27b-it-GGUF"
  const name = copier ? path.slice(slash + 1).replace(/^[a-z]+(?:-[a-z]+)*_/, "") : path.slice(slash + 1);
  if (name.endsWith("-gguf")) {
    const dtype = ggufPrecision(choice ?? "");
    return dtype && { owner, model: name.slice(0, -"-gguf".length), dtype, copier };
  }
  if (choice !== undefined) return undefined;
  const format = FORMATS.find(([suffix]) => suffix.test(name));
  return format === undefined
    ? { owner, model: name, copier }
    : { owner, model: name.replace(format[0], ""), dtype: format[1], copier };
}

/** "Q4_K_M" and "UD-Q4_K_XL" are mostly of type q4_k; "IQ4_XS" is one. */
function ggufPrecision(choice: string): Dtype | undefined {
  const name = choice.toLowerCase().replace(/^ud-/, "");
  if (name === "bf16" || name === "f16") return name === "bf16" ? "bf16" : "fp16";
  return GGUF_PRECISIONS.find(
    (type) => name === type || new RegExp(`^${type}_(?:xxs|xs|s|m|l|xl)$`).test(name),
  );
}

/**
 * What makers append or put in when they tune a model further: "-Instruct", "-it", "-chat", "-Thinking", the month of a
 * release, or "-Base" for the one they started from. The layers stay what they were.
 */
const TUNED = /-(?:(?:instruct|it|chat|thinking|base|preview|reasoning)(?:-\d{4})?(?=-|$)|(?:\d{4}|hf)$)/;
const MOST_TAGS = 4;

/** A name with nothing of how the model was tuned, one tag after the other: the nearest relatives first. */
export function withoutTuning(model: string): readonly string[] {
  const names = [model];
  for (let tags = 0; tags < MOST_TAGS; tags++) {
    const shorter = (names.at(-1) ?? "").replace(TUNED, "");
    if (shorter === names.at(-1)) break;
    names.push(shorter);
  }
  return names;
}

import { UnreadableCheckpointError } from "../../errors.ts";
import type { ArchitectureName } from "../../schema/architecture.ts";
import type { LinearAttention, ModelShape } from "../shape/shape.ts";
import type { GgufHeader } from "./gguf-header.ts";
import type { GgufValue } from "./gguf-value.ts";

/** Families by `general.architecture`; what is not here is taken for a Llama, and only its tensors count. */
const FAMILY: Readonly<Record<string, ArchitectureName>> = {
  qwen2: "qwen2",
  qwen3: "qwen3",
  qwen3moe: "qwen3",
  qwen3next: "qwen3-next",
  qwen35: "qwen3-next",
  qwen35moe: "qwen3-next",
  gemma2: "gemma2",
  gemma3: "gemma3",
  "gpt-oss": "gpt-oss",
  deepseek2: "deepseek-v3",
  "minimax-m2": "minimax-m2",
};

/** One layer in this many sees the whole context, where the header says only that there is a window. */
const WINDOW_PATTERN: Readonly<Record<string, number>> = { gemma2: 2, gemma3: 6, "gpt-oss": 2 };

/**
 * The shape that the metadata of a GGUF file states.
 *
 * @param tensorNames whether there is a head of its own shows in them
 * @throws UnreadableCheckpointError naming the field that is missing
 */
export function shapeOfGguf(id: string, file: string, header: GgufHeader): ModelShape {
  const { metadata } = header;
  const architecture = metadata.get("general.architecture");
  if (typeof architecture !== "string") {
    throw new UnreadableCheckpointError(file, "has no general.architecture, so it is not a language model");
  }
  const read = (name: string): GgufValue | undefined => metadata.get(`${architecture}.${name}`);
  const number = (name: string): number | undefined => largest(read(name));
  const required = (name: string): number => {
    const value = number(name);
    if (value !== undefined && value > 0) return value;
    throw new UnreadableCheckpointError(
      file,
      `has no ${architecture}.${name}; give the shape of the model explicitly`,
    );
  };
  const hidden = required("embedding_length");
  const heads = required("attention.head_count");
  const count = number("expert_count") ?? 0;
  const window = number("attention.sliding_window");
  const rank = number("attention.kv_lora_rank");
  const ropeDim = number("rope.dimension_count");
  const maxContext = number("context_length");
  const linear = linearOf(number);
  const pattern = WINDOW_PATTERN[architecture];
  return {
    id,
    architecture: FAMILY[architecture] ?? "llama",
    layers: required("block_count") - (number("nextn_predict_layers") ?? 0),
    hidden,
    heads,
    kvHeads: number("attention.head_count_kv") ?? heads,
    headDim:
      number("attention.key_length_mla") ?? number("attention.key_length") ?? Math.floor(hidden / heads),
    ffn: count > 0 ? required("expert_feed_forward_length") : required("feed_forward_length"),
    ...(count > 0 && { experts: { count, active: number("expert_used_count") ?? count } }),
    vocab: number("vocab_size") ?? lengthOf(metadata.get("tokenizer.ggml.tokens")) ?? 0,
    tied: !header.tensors.some(({ name }) => name === "output.weight"),
    ...(maxContext !== undefined && { maxContext }),
    ...(window && {
      slidingWindow: { window, ...(pattern !== undefined && { fullAttentionEvery: pattern }) },
    }),
    ...(rank && ropeDim && { mla: { kvLoraRank: rank, qkRopeDim: ropeDim } }),
    ...(linear && { linearAttention: linear }),
    quantization: "gguf",
  };
}

/** Some fields are one number for all layers, others a list; the largest is the cautious reading. */
function largest(value: GgufValue | undefined): number | undefined {
  if (typeof value === "number") return value;
  if (!Array.isArray(value) || value.length === 0) return undefined;
  return Math.max(...(value as readonly number[]));
}

const lengthOf = (value: GgufValue | undefined): number | undefined =>
  typeof value === "object" ? value.length : undefined;

function linearOf(number: (name: string) => number | undefined): LinearAttention | undefined {
  const interval = number("full_attention_interval");
  const keyHeads = number("ssm.group_count");
  const valueHeads = number("ssm.time_step_rank");
  const state = number("ssm.state_size");
  const inner = number("ssm.inner_size");
  if (!interval || !keyHeads || !valueHeads || !state || !inner) return undefined;
  return {
    fullAttentionEvery: interval,
    keyHeads,
    valueHeads,
    keyHeadDim: state,
    valueHeadDim: inner / valueHeads,
    convKernel: number("ssm.conv_kernel") ?? 4,
    stateDtype: "fp32",
  };
}

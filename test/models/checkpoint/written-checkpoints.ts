import { mkdtempSync, openSync, rmSync, truncateSync, writeFileSync, writeSync, closeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { onTestFinished } from "vitest";

import type { CheckpointFiles } from "../../../provider/models/checkpoint/files.ts";

/** A tensor to be written into a header; its data is a hole in the file. */
export interface WrittenTensor {
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly number[];
}

const ELEMENT_BYTES: Readonly<Record<string, number>> = {
  F32: 4,
  BF16: 2,
  F16: 2,
  F8_E4M3: 1,
  I32: 4,
  U8: 1,
};

export const sizeOf = ({ dtype, shape }: WrittenTensor): number =>
  shape.reduce((product, size) => product * size, 1) * (ELEMENT_BYTES[dtype] ?? 0);

/** Length and header of a safetensors file, and how long the whole file would be. */
export function safetensors(tensors: readonly WrittenTensor[]): {
  readonly start: Uint8Array;
  readonly fileBytes: number;
} {
  let offset = 0;
  const entries = tensors.map((tensor) => {
    const begin = offset;
    offset += sizeOf(tensor);
    return [
      tensor.name,
      { dtype: tensor.dtype, shape: tensor.shape, data_offsets: [begin, offset] },
    ] as const;
  });
  const header = { __metadata__: { format: "pt" }, ...Object.fromEntries(entries) };
  return {
    start: withLength(JSON.stringify(header)),
    fileBytes: withLength(JSON.stringify(header)).length + offset,
  };
}

export function withLength(json: string): Uint8Array {
  const text = new TextEncoder().encode(json);
  const bytes = new Uint8Array(8 + text.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true);
  bytes.set(text, 8);
  return bytes;
}

/** An empty folder that goes away with the test. */
export function folder(): string {
  const path = mkdtempSync(join(tmpdir(), "checkpoint-"));
  onTestFinished(() => {
    rmSync(path, { recursive: true });
  });
  return path;
}

/** A file that begins so, and is a hole from there on. */
export function writeSparse(path: string, start: Uint8Array, fileBytes: number): void {
  const file = openSync(path, "w");
  writeSync(file, start);
  closeSync(file);
  truncateSync(path, fileBytes);
}

/** config.json, shards with their index, and nothing of the weights but their size. */
export function writeCheckpoint(
  path: string,
  config: object,
  shards: readonly (readonly WrittenTensor[])[],
): void {
  writeFileSync(join(path, "config.json"), JSON.stringify(config));
  const names = shards.map((_, at) => `model-${pad(at + 1)}-of-${pad(shards.length)}.safetensors`);
  const map = shards.flatMap((tensors, at) => tensors.map(({ name }) => [name, names[at]] as const));
  writeFileSync(
    join(path, "model.safetensors.index.json"),
    JSON.stringify({ weight_map: Object.fromEntries(map) }),
  );
  for (const [at, tensors] of shards.entries()) {
    const { start, fileBytes } = safetensors(tensors);
    writeSparse(join(path, names[at] ?? ""), start, fileBytes);
  }
}

const pad = (value: number): string => String(value).padStart(5, "0");

interface LlamaSizes {
  readonly layers: number;
  readonly hidden: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly headDim: number;
  readonly ffn: number;
  readonly vocab: number;
}

/** The tensors of a Llama, named as transformers names them. */
export function llamaTensors(sizes: LlamaSizes, dtype = "BF16"): readonly WrittenTensor[] {
  const { layers, hidden, heads, kvHeads, headDim, ffn, vocab } = sizes;
  const layer = (at: number): readonly WrittenTensor[] =>
    (
      [
        ["self_attn.q_proj", [heads * headDim, hidden]],
        ["self_attn.k_proj", [kvHeads * headDim, hidden]],
        ["self_attn.v_proj", [kvHeads * headDim, hidden]],
        ["self_attn.o_proj", [hidden, heads * headDim]],
        ["mlp.gate_proj", [ffn, hidden]],
        ["mlp.up_proj", [ffn, hidden]],
        ["mlp.down_proj", [hidden, ffn]],
        ["input_layernorm", [hidden]],
        ["post_attention_layernorm", [hidden]],
      ] as const
    ).map(([name, shape]) => ({ name: `model.layers.${at}.${name}.weight`, dtype, shape }));
  return [
    { name: "model.embed_tokens.weight", dtype, shape: [vocab, hidden] },
    ...Array.from({ length: layers }, (_, at) => layer(at)).flat(),
    { name: "model.norm.weight", dtype, shape: [hidden] },
    { name: "lm_head.weight", dtype, shape: [vocab, hidden] },
  ];
}

export const LLAMA_8B_SIZES: LlamaSizes = {
  layers: 32,
  hidden: 4096,
  heads: 32,
  kvHeads: 8,
  headDim: 128,
  ffn: 14_336,
  vocab: 128_256,
};

/** Its config.json, as far as it matters. */
export const LLAMA_8B_CONFIG = {
  architectures: ["LlamaForCausalLM"],
  model_type: "llama",
  num_hidden_layers: 32,
  hidden_size: 4096,
  num_attention_heads: 32,
  num_key_value_heads: 8,
  intermediate_size: 14_336,
  vocab_size: 128_256,
  max_position_embeddings: 131_072,
  tie_word_embeddings: false,
  torch_dtype: "bfloat16",
};

export const TINY_SIZES: LlamaSizes = {
  layers: 2,
  hidden: 64,
  heads: 4,
  kvHeads: 2,
  headDim: 16,
  ffn: 128,
  vocab: 1024,
};

export const TINY_CONFIG = {
  model_type: "llama",
  num_hidden_layers: 2,
  hidden_size: 64,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  intermediate_size: 128,
  vocab_size: 1024,
  max_position_embeddings: 4096,
  torch_dtype: "bfloat16",
};

/** The same files, and how many bytes were read of them. */
export function counted(files: CheckpointFiles): CheckpointFiles & { readonly bytesRead: () => number } {
  let total = 0;
  return {
    ...files,
    read: async (name, begin, end) => {
      const bytes = await files.read(name, begin, end);
      total += bytes.length;
      return bytes;
    },
    bytesRead: () => total,
  };
}

/** What a call throws; undefined when it returns. */
export function failureOf(call: () => unknown): Error | undefined {
  try {
    call();
    return undefined;
  } catch (error) {
    return error as Error;
  }
}

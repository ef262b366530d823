/** Writes the header of a GGUF file, so that the reader is tested on bytes and not on itself. */
export type WrittenValue =
  | { readonly kind: "u32" | "u64"; readonly value: number }
  | { readonly kind: "text"; readonly value: string }
  | { readonly kind: "bool"; readonly value: boolean }
  | { readonly kind: "texts"; readonly value: readonly string[] }
  | { readonly kind: "u32s"; readonly value: readonly number[] };

export interface WrittenGgufTensor {
  readonly name: string;
  /** As in ggml.h. */
  readonly type: number;
  readonly shape: readonly number[];
}

export interface WrittenGguf {
  readonly version?: number;
  readonly metadata: Readonly<Record<string, WrittenValue>>;
  readonly tensors: readonly WrittenGgufTensor[];
  /** In place of the real counts. */
  readonly tensorCount?: bigint;
  readonly fieldCount?: bigint;
}

const u32 = (value: number): Buffer => {
  const buffer = Buffer.alloc(4);
  buffer.writeUInt32LE(value);
  return buffer;
};

const u64 = (value: number | bigint): Buffer => {
  const buffer = Buffer.alloc(8);
  buffer.writeBigUInt64LE(BigInt(value));
  return buffer;
};

const text = (value: string): Buffer => {
  const bytes = Buffer.from(value);
  return Buffer.concat([u64(bytes.length), bytes]);
};

function valueBytes(written: WrittenValue): Buffer {
  switch (written.kind) {
    case "u32":
      return Buffer.concat([u32(4), u32(written.value)]);
    case "u64":
      return Buffer.concat([u32(10), u64(written.value)]);
    case "text":
      return Buffer.concat([u32(8), text(written.value)]);
    case "bool":
      return Buffer.concat([u32(7), Buffer.from([Number(written.value)])]);
    case "texts":
      return Buffer.concat([u32(9), u32(8), u64(written.value.length), ...written.value.map(text)]);
    case "u32s":
      return Buffer.concat([u32(9), u32(4), u64(written.value.length), ...written.value.map(u32)]);
    default:
      return written satisfies never;
  }
}

export function gguf({ version = 3, metadata, tensors, tensorCount, fieldCount }: WrittenGguf): Uint8Array {
  const fields = Object.entries(metadata);
  return Buffer.concat([
    Buffer.from("GGUF"),
    u32(version),
    u64(tensorCount ?? tensors.length),
    u64(fieldCount ?? fields.length),
    ...fields.map(([key, value]) => Buffer.concat([text(key), valueBytes(value)])),
    ...tensors.map(({ name, type, shape }) =>
      Buffer.concat([text(name), u32(shape.length), ...shape.map(u64), u32(type), u64(0)]),
    ),
  ]);
}

const F32 = 0;
const Q4_K = 12;
const Q6_K = 14;

/** Llama-3.1-8B in Q4_K_M's manner: matrices in Q4_K, some of them and the head in Q6_K, norms in fp32. */
export function llamaGguf(): WrittenGguf {
  const [hidden, ffn, vocab, kv] = [4096, 14_336, 128_256, 1024];
  const layer = (at: number): readonly WrittenGgufTensor[] => [
    { name: `blk.${at}.attn_q.weight`, type: Q4_K, shape: [hidden, hidden] },
    { name: `blk.${at}.attn_k.weight`, type: Q4_K, shape: [hidden, kv] },
    { name: `blk.${at}.attn_v.weight`, type: Q6_K, shape: [hidden, kv] },
    { name: `blk.${at}.attn_output.weight`, type: Q4_K, shape: [hidden, hidden] },
    { name: `blk.${at}.ffn_gate.weight`, type: Q4_K, shape: [hidden, ffn] },
    { name: `blk.${at}.ffn_up.weight`, type: Q4_K, shape: [hidden, ffn] },
    { name: `blk.${at}.ffn_down.weight`, type: Q6_K, shape: [ffn, hidden] },
    { name: `blk.${at}.attn_norm.weight`, type: F32, shape: [hidden] },
    { name: `blk.${at}.ffn_norm.weight`, type: F32, shape: [hidden] },
  ];
  return {
    metadata: {
      "general.architecture": { kind: "text", value: "llama" },
      "general.name": { kind: "text", value: "Llama 3.1 8B" },
      "llama.block_count": { kind: "u32", value: 32 },
      "llama.context_length": { kind: "u32", value: 131_072 },
      "llama.embedding_length": { kind: "u32", value: hidden },
      "llama.feed_forward_length": { kind: "u32", value: ffn },
      "llama.attention.head_count": { kind: "u32", value: 32 },
      "llama.attention.head_count_kv": { kind: "u32s", value: Array<number>(32).fill(8) },
      "tokenizer.ggml.add_bos_token": { kind: "bool", value: true },
      "tokenizer.ggml.tokens": {
        kind: "texts",
        value: Array.from({ length: vocab }, (_, at) => `token-${at}`),
      },
      "split.tensors.count": { kind: "u64", value: 291 },
    },
    tensors: [
      { name: "token_embd.weight", type: Q4_K, shape: [hidden, vocab] },
      ...Array.from({ length: 32 }, (_, at) => layer(at)).flat(),
      { name: "output_norm.weight", type: F32, shape: [hidden] },
      { name: "output.weight", type: Q6_K, shape: [hidden, vocab] },
    ],
  };
}

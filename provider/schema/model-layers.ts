import { z } from "zod";

const count = z.number().int().positive();

/** Keys and values per head. What is left out is the model's own. */
const attentionSchema = z.strictObject({
  kind: z.literal("attention"),
  /** @default the model's */
  heads: count.optional(),
  /** @default the model's */
  kvHeads: count.optional(),
  /** Width of a query and of a key. @default the model's */
  headDim: count.optional(),
  /** Width of a value. @default that of a key */
  valueDim: count.optional(),
  /** Sees only the last `window` tokens. @default all */
  window: count.optional(),
  /** Sees only the tokens of its own chunk, `attention_chunk_size`. @default all */
  chunk: count.optional(),
  /** "shared": reads the keys and values of an earlier layer; "none": an encoder keeps none. @default "own" */
  cache: z.enum(["own", "shared", "none"]).optional(),
  /** The projection of the keys also makes the values (`attention_k_eq_v`). Both are cached. @default false */
  keysAreValues: z.boolean().optional(),
});

/** Multi-head latent attention: one compressed vector per token, whole on every rank. */
const latentSchema = z.strictObject({
  kind: z.literal("latent"),
  kvLoraRank: count,
  qkRopeDim: count,
  /** Width of a query and of a key, the part with positions included. @default the model's headDim */
  headDim: count.optional(),
  valueDim: count.optional(),
  /** `q_lora_rank`. @default queries are not compressed */
  queryLoraRank: count.optional(),
});

/** Attention over keys that are compressed `ratio` to 1, beside a window of tokens that are not (DeepSeek-V4). */
const compressedSchema = z.strictObject({
  kind: z.literal("compressed"),
  /** Width of the one key of a token, which is its value as well. */
  width: count,
  /** Tokens that share a compressed key; absent: the layer has its window alone. */
  ratio: count.optional(),
  window: count,
  /** Width of the indexer's key, one for every compressed key. */
  indexWidth: count.optional(),
});

/** A gated delta network: a state of constant size per sequence. `decay` "per-channel" is Kimi's variant. */
const deltaSchema = z.strictObject({
  kind: z.literal("delta"),
  keyHeads: count,
  valueHeads: count,
  keyHeadDim: count,
  valueHeadDim: count,
  convKernel: count,
  decay: z.enum(["per-head", "per-channel"]).optional(),
  /** What the matrices are held in. @default the 16 bit the model computes in */
  stateDtype: z.enum(["fp32", "bf16"]).optional(),
});

/** Mamba-2: a state of constant size per sequence. */
const mambaSchema = z.strictObject({
  kind: z.literal("mamba"),
  heads: count,
  headDim: count,
  /** `n_groups` */
  groups: count,
  /** `ssm_state_size` */
  stateSize: count,
  convKernel: count,
  stateDtype: z.enum(["fp32", "bf16"]).optional(),
  /** Attention heads beside it in the same layer (Falcon-H1). */
  beside: attentionSchema.optional(),
});

/** A short convolution: its last inputs are the state. */
const convolutionSchema = z.strictObject({
  kind: z.literal("convolution"),
  channels: count,
  convKernel: count,
});

/** A state of one matrix per head (lightning attention of MiniMax-Text-01). */
const linearSchema = z.strictObject({ kind: z.literal("linear"), heads: count, headDim: count });

/** A layer without a mixer: feed-forward alone. */
const noneSchema = z.strictObject({ kind: z.literal("none") });

const mixerSchema = z.discriminatedUnion("kind", [
  attentionSchema,
  latentSchema,
  compressedSchema,
  deltaSchema,
  mambaSchema,
  convolutionSchema,
  linearSchema,
  noneSchema,
]);

/** Layers that are built alike, in any order. */
export const layerKindSchema = z.strictObject({
  layers: count,
  mixer: mixerSchema,
  /** "experts" or "dense" of the model's widths, a width of its own, or "none". @default "experts" where there are any */
  feedForward: z.union([z.enum(["experts", "dense", "none"]), count]).optional(),
});

export type Mixer = Readonly<z.output<typeof mixerSchema>>;
export type AttentionMixer = Readonly<z.output<typeof attentionSchema>>;
export type LayerKind = Readonly<z.output<typeof layerKindSchema>>;

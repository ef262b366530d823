import { z } from "zod";

import { architectureSchema } from "./architecture.ts";
import { layerKindSchema } from "./model-layers.ts";
import { dtypeSchema } from "./precision.ts";

const count = z.number().int().positive();

/**
 * The shape of a model that no catalog knows, in the words of its `config.json`. The estimate needs nothing else: no
 * weights are read.
 */
export const modelSpecSchema = z
  .strictObject({
    /** What the engine loads: a Hub id or a directory. */
    name: z.string().min(1),
    /** How the family builds its layers; "llama" also stands for Mistral, Mixtral and Phi. @default "llama" */
    architecture: architectureSchema.default("llama"),
    /** Number of layers (`num_hidden_layers`). */
    layers: count,
    /** Width of the model (`hidden_size`). */
    hidden: count,
    /** Attention heads (`num_attention_heads`). */
    heads: count,
    /** Heads of keys and values (`num_key_value_heads`). @default `heads` */
    kvHeads: count.optional(),
    /** Width of a head (`head_dim`). @default `hidden` / `heads` */
    headDim: count.optional(),
    /** Width of a feed-forward layer, or of one expert (`intermediate_size`). */
    ffn: count,
    /** Mixture of experts: `count` in each layer, of which `active` compute a token. @default none */
    experts: z.strictObject({ count, active: count }).optional(),
    /** Size of the vocabulary (`vocab_size`). */
    vocab: count,
    /** Input and output share one table (`tie_word_embeddings`). @default false */
    tied: z.boolean().default(false),
    /** Number of all parameters. @default computed from the shape */
    params: count.optional(),
    /** How many of `params` are the vision tower's, which every rank holds whole. @default 0 */
    visionParams: count.optional(),
    /** Bytes of the checkpoint's tensors. @default parameters × `dtype` */
    weightsBytes: count.optional(),
    /** Longest context in tokens (`max_position_embeddings`). @default not checked */
    maxContext: count.optional(),
    /** Layers that see the last `window` tokens, except every `fullAttentionEvery`-th; without that number all count as full. @default none */
    slidingWindow: z.strictObject({ window: count, fullAttentionEvery: count.optional() }).optional(),
    /** Multi-head latent attention of DeepSeek: `kv_lora_rank` and `qk_rope_head_dim`. @default none */
    mla: z.strictObject({ kvLoraRank: count, qkRopeDim: count }).optional(),
    // In the words of `config.json` without `linear_`. Every `fullAttentionEvery`-th layer is an ordinary one.
    /** Gated delta networks of Qwen3-Next and Qwen3.5: layers with a state of constant size instead of a KV cache. @default none */
    linearAttention: z
      .strictObject({
        fullAttentionEvery: count,
        keyHeads: count,
        valueHeads: count,
        keyHeadDim: count,
        valueHeadDim: count,
        convKernel: count,
        /** `mamba_ssm_dtype`. @default the 16 bit the model computes in */
        stateDtype: z.enum(["fp32", "bf16"]).optional(),
      })
      .optional(),
    /** Groups of layers that are built differently; their numbers add up to `layers`. @default all alike */
    layerKinds: z.array(layerKindSchema).min(1).max(256).optional(),
    /** An embedding or reranker model that attends in both directions and caches nothing. @default false */
    encoder: z.boolean().optional(),
    /** An embedding or reranker model made of a decoder, which generates nothing. @default false */
    pooling: z.boolean().optional(),
    /** Precision of the checkpoint. @default "bf16" */
    dtype: dtypeSchema.default("bf16"),
    /** Weights that share one scale in int4 and int8. @default 128 */
    groupSize: count.optional(),
    /** Parts of the checkpoint in another precision than `dtype`. @default none, and 16 bit for the tables of a quantised checkpoint */
    partDtypes: z
      .strictObject({
        embeddings: dtypeSchema.optional(),
        attention: dtypeSchema.optional(),
        dense: dtypeSchema.optional(),
        shared: dtypeSchema.optional(),
        experts: dtypeSchema.optional(),
      })
      .optional(),
  })
  .superRefine((spec, context) => {
    const complain = (path: string, message: string) =>
      context.addIssue({ code: "custom", path: [path], message });
    if (spec.headDim === undefined && spec.hidden % spec.heads !== 0) {
      complain("headDim", `is needed: hidden ${spec.hidden} is not a multiple of heads ${spec.heads}`);
    }
    if (spec.kvHeads !== undefined && spec.heads % spec.kvHeads !== 0) {
      complain("kvHeads", `${spec.kvHeads} does not divide heads ${spec.heads}`);
    }
    if (spec.experts && spec.experts.active > spec.experts.count) {
      complain("experts", `${spec.experts.active} active of ${spec.experts.count}`);
    }
    if (spec.linearAttention && spec.linearAttention.fullAttentionEvery > spec.layers) {
      complain("linearAttention", `has no ordinary layer among ${spec.layers}`);
    }
    if (spec.linearAttention && spec.mla) {
      complain("linearAttention", "is not known together with mla");
    }
    if (spec.visionParams !== undefined && spec.visionParams >= (spec.params ?? 0)) {
      complain("visionParams", "is part of params, which must be given and be larger");
    }
    if (spec.mla && spec.headDim !== undefined && spec.headDim <= spec.mla.qkRopeDim) {
      complain("headDim", `must be larger than mla.qkRopeDim ${spec.mla.qkRopeDim}`);
    }
  });

/** What a user may write. */
export type ModelSpecArgs = z.input<typeof modelSpecSchema>;
export type ModelSpec = z.output<typeof modelSpecSchema>;

/** A model by its id (or directory), or by its shape. */
export const modelSchema = z.union([z.string().min(1), modelSpecSchema], {
  // A union alone says only "invalid input" when a field inside the shape is of the wrong type.
  error: (issue) => {
    const inside = issue.code === "invalid_union" ? (issue.errors[1]?.[0] as z.core.$ZodIssue) : undefined;
    return inside && inside.path.length > 0
      ? `${inside.path.join(".")}: ${inside.message}`
      : "must be a model id or the shape of a model";
  },
});
export type ModelArgs = z.input<typeof modelSchema>;

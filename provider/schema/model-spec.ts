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
    /** What the engine is told to load: a Hub id or a directory. */
    name: z.string().min(1),
    /** Llama also stands for Mistral, Mixtral and Phi. @default "llama" */
    architecture: architectureSchema.default("llama"),
    layers: count,
    /** `hidden_size` */
    hidden: count,
    /** `num_attention_heads` */
    heads: count,
    /** `num_key_value_heads`. @default heads */
    kvHeads: count.optional(),
    /** `head_dim`. @default hidden / heads */
    headDim: count.optional(),
    /** `intermediate_size`; of one expert in a mixture of experts. */
    ffn: count,
    /** A mixture of experts: how many each layer has, and how many work on one token. */
    experts: z.strictObject({ count, active: count }).optional(),
    vocab: count,
    /** `tie_word_embeddings`: input and output share one table. @default false */
    tied: z.boolean().default(false),
    /** All parameters. @default computed from the shape */
    params: count.optional(),
    /** Those of `params` that are a vision tower's, which is whole on every rank. @default 0 */
    visionParams: count.optional(),
    /** Bytes of the checkpoint's tensors, when they are not parameters times `dtype`. */
    weightsBytes: count.optional(),
    /** Longest context in tokens (`max_position_embeddings`). @default not checked */
    maxContext: count.optional(),
    /** Layers that see only the last `window` tokens; without `fullAttentionEvery` all layers are counted as full. */
    slidingWindow: z.strictObject({ window: count, fullAttentionEvery: count.optional() }).optional(),
    /** Multi-head latent attention (DeepSeek): `kv_lora_rank` and `qk_rope_head_dim`. */
    mla: z.strictObject({ kvLoraRank: count, qkRopeDim: count }).optional(),
    /**
     * Layers that keep a state of constant size per sequence instead of a KV cache (gated delta networks: Qwen3-Next,
     * Qwen3.5), in the words of `config.json` without `linear_`. Every `fullAttentionEvery`-th layer is an ordinary one.
     */
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
    /** Layers by how they are built, where not all are alike; their numbers add up to `layers`. @default all alike */
    layerKinds: z.array(layerKindSchema).min(1).max(256).optional(),
    /** Embedding and reranker models that attend in both directions: nothing is cached. @default false */
    encoder: z.boolean().optional(),
    /** Embedding and reranker models made of a decoder: nothing is generated. @default false */
    pooling: z.boolean().optional(),
    /** What the checkpoint holds. @default "bf16" */
    dtype: dtypeSchema.default("bf16"),
    /** Weights that share a scale in int4 and int8. @default 128 */
    groupSize: count.optional(),
    /**
     * Parts that the checkpoint holds in another precision than `dtype`: experts alone in int4, attention in 16 bit.
     * @default `dtype`, and 16 bit for the tables of a quantised checkpoint
     */
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

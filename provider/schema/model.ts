import { z } from "zod";

import { engineSchema } from "./engine.ts";
import { layerKindSchema } from "./model-layers.ts";
import { gpuArchitectureSchema, loraSchema, speculativeSchema } from "./model-serving.ts";

/** Types of quantised tensors in a GGUF file; `models/gguf-types.ts` says what a block of each takes. */
export const GGUF_PRECISIONS = [
  "q4_0",
  "q4_1",
  "q5_0",
  "q5_1",
  "q8_0",
  "q2_k",
  "q3_k",
  "q4_k",
  "q5_k",
  "q6_k",
  "iq1_s",
  "iq1_m",
  "iq2_xxs",
  "iq2_xs",
  "iq2_s",
  "iq3_xxs",
  "iq3_s",
  "iq4_nl",
  "iq4_xs",
  "tq1_0",
  "tq2_0",
] as const;
/** Ways to hold weights. "native" is whatever the checkpoint holds. */
const PRECISIONS = [
  "native",
  "fp32",
  "bf16",
  "fp16",
  "fp8",
  "int8",
  "int4",
  "mxfp4",
  "nvfp4",
  "nf4",
  ...GGUF_PRECISIONS,
] as const;
const KV_CACHE_DTYPES = ["auto", "fp16", "bf16", "fp8", "fp8_e4m3", "fp8_e5m2"] as const;
/** Families whose layers are built alike; `models/architectures.ts` says how. */
const ARCHITECTURES = [
  "llama",
  "llama4",
  "llama4-interleaved",
  "qwen2",
  "qwen3",
  "qwen3-next",
  "gemma2",
  "gemma3",
  "gpt-oss",
  "deepseek-v3",
  "deepseek-v3.2",
  "glm-4",
  "glm-4.5",
  "glm-4.5-air",
  "glm-5",
  "glm-5.2",
  "kimi-k2",
  "minimax-m2",
  "mistral-large-3",
  "deepseek-v2",
  "deepseek-v4",
  "deepseek-ocr",
  "glm-4.7-flash",
  "glm-4-32b",
  "gemma3n",
  "gemma4",
  "gemma4-small",
  "phi-moe",
  "olmo2",
  "cohere",
  "exaone4",
  "opt",
  "bert",
  "starcoder2",
  "nemotron-h",
  "granite-hybrid",
  "granite",
  "lfm2",
  "falcon-h1",
  "kimi-linear",
  "ernie-4.5",
  "hunyuan-moe",
  "ling-2",
  "step-3.5",
  "mimo-v2",
  "minimax-m3",
  "minimax-text",
] as const;

const precisionSchema = z.enum(PRECISIONS);
const dtypeSchema = precisionSchema.exclude(["native"]);
const kvCacheDtypeSchema = z.enum(KV_CACHE_DTYPES);
const architectureSchema = z.enum(ARCHITECTURES);

export type Precision = z.output<typeof precisionSchema>;
/** A precision a tensor can have: "native" is not one. */
export type Dtype = Exclude<Precision, "native">;
export type GgufPrecision = (typeof GGUF_PRECISIONS)[number];
export type KvCacheDtype = z.output<typeof kvCacheDtypeSchema>;
export type ArchitectureName = z.output<typeof architectureSchema>;

const count = z.number().int().positive();

const ONE_GROUP =
  'must be 1: layers of one model on several groups of ranks are not estimated; use tensorParallel with span "host"';
const ONE_REPLICA =
  "must be 1: declare one allocation for every replica, so that each has a place of its own";

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

/** Sizes that were measured: of nothing too, such as graphs with --enforce-eager. */
const measured = z.number().int().nonnegative().optional();

/**
 * What a start-up log of this very model said, in this precision and engine: `calibrationOf(readVllmLog(text), …)` makes it.
 * It takes the place of formulas in estimates for as many ranks.
 */
export const calibrationSchema = z.strictObject({
  /** Ranks of the run that was measured. */
  tensorParallel: count,
  /** Its batch limits: what was measured counts for batches that are no larger. */
  maxNumSeqs: count,
  maxNumBatchedTokens: count,
  weightsBytes: measured,
  activationsBytes: measured,
  graphsBytes: measured,
  /** Everything that is not PyTorch's, communication included. */
  runtimeBytes: measured,
});
export type Calibration = z.output<typeof calibrationSchema>;

/** How the model is served: all that its memory depends on. Spread it into the object of whoever takes these fields. */
export const servingFields = {
  /** @default "native" */
  precision: precisionSchema.default("native"),
  /** "auto" is the precision the model computes in, 16 bit as a rule. @default "auto" */
  kvCacheDtype: kvCacheDtypeSchema.default("auto"),
  /** Longest sequence in tokens, prompt and answer. @default the model's own, at most 8192 */
  maxModelLen: count.optional(),
  /** Sequences served at once; all of them can reach `maxModelLen`. @default 16 */
  maxNumSeqs: count.optional(),
  /** Tokens computed in one step: what the activations grow with. @default 2048, at least maxNumSeqs */
  maxNumBatchedTokens: count.optional(),
  /**
   * Tokens the KV cache holds, all sequences together. Fewer than the default saves memory; vLLM then lets sequences
   * wait when the cache is full. At least `maxModelLen`. @default maxNumSeqs * maxModelLen
   */
  kvCacheTokens: count.optional(),
  /** Sizes of a real start-up, in place of formulas. @default none */
  calibration: calibrationSchema.optional(),
  /** Whose memory is estimated, and whose flags `engineArgs` are. @default "vllm" */
  engine: engineSchema.default("vllm"),
  /**
   * Sequences with a common beginning share its keys and values. Models with recurrent states need a second page per state
   * for it, and batches of at least one of their blocks. @default true
   */
  prefixCaching: z.boolean().optional(),
  /** No graphs are captured: less memory, slower steps. @default false */
  enforceEager: z.boolean().optional(),
  /** Bytes of each rank that no term knows of: another library, a plugin, a process beside the engine. @default 0 */
  extraBytes: z.number().int().nonnegative().optional(),
  /**
   * Images that one prompt may carry, of a model that sees; 0 serves text alone, and then the vision tower neither runs at
   * start-up nor has a cache. @default 1
   */
  imagesPerPrompt: z.number().int().nonnegative().max(1024).optional(),
  /** The GPU whose layouts and libraries are counted. @default that of the devices, or "gfx942" */
  gpuArchitecture: gpuArchitectureSchema.optional(),
  /** Experts are dealt out whole to the ranks. Counted as if they were divided evenly, which is a warning. @default false */
  expertParallel: z.boolean().optional(),
  /** Not supported: one model is on one group of tensor-parallel ranks. */
  pipelineParallel: z.literal(1, { error: ONE_GROUP }).optional(),
  /** Not supported: every replica is an allocation of its own. */
  dataParallel: z.literal(1, { error: ONE_REPLICA }).optional(),
  /** LoRA adapters that may be loaded at once, and how large. @default none */
  lora: loraSchema.optional(),
  /** Speculative decoding. @default none */
  speculative: speculativeSchema.optional(),
};

/** Where the model may sit. Spread it into the object of whoever takes these fields. */
export const placementFields = {
  /** Logical devices the model is spread over; "auto" takes the fewest that hold it. @default "auto" */
  tensorParallel: z
    .union([z.literal("auto"), count], { error: 'must be "auto" or a whole number above 0' })
    .default("auto"),
  /**
   * How far ranks may be apart: all on one GPU, or on several GPUs of one host where one cannot hold the model. Ranks on
   * several GPUs are on as few of them as it takes. @default "gpu"
   */
  span: z.enum(["gpu", "host"]).optional(),
  /** "pack" leaves the largest devices free; "spread" takes the least loaded memory domain. @default "pack" */
  strategy: z.enum(["pack", "spread"]).default("pack"),
  /** The devices hold nothing else. @default false */
  exclusive: z.boolean().default(false),
  /**
   * Place around memory that processes use which nobody reserved for, as it is when the place is chosen. A model that has a place
   * keeps it. @default false: shown, and a warning where the model does not fit beside it
   */
  respectForeignUse: z.boolean().optional(),
  /** Only these GPUs (PCI addresses) or these partitions (ids of logical devices); with both, either. */
  pin: z
    .strictObject({
      gpus: z.array(z.string().min(1)).min(1).optional(),
      partitions: z.array(z.string().min(1)).min(1).optional(),
    })
    .optional(),
};

export const servingSchema = z.strictObject(servingFields);
export type ServingOptions = z.output<typeof servingSchema>;

export const scheduleOptionsSchema = z.strictObject({
  ...servingFields,
  ...placementFields,
  /** Key of the reservation; asking again with the same name keeps the placement. @default the model's id, numbered */
  name: z.string().min(1).optional(),
});
export type ScheduleOptionsArgs = z.input<typeof scheduleOptionsSchema>;
export type ScheduleOptions = z.output<typeof scheduleOptionsSchema>;

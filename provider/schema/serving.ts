import { z } from "zod";

import { engineSchema } from "./engine.ts";
import { kvCacheDtypeSchema, precisionSchema } from "./precision.ts";

const count = z.number().int().positive();

/** Ranks that vLLM makes room for (`MaxLoRARanks` in `vllm/config/lora.py`, 0.33.0). */
const LORA_RANKS = [1, 8, 16, 32, 64, 128, 256, 320, 512] as const;

/** Adapters beside the weights. */
export const loraSchema = z.strictObject({
  /** Adapters that one batch may use. @default 1 */
  maxLoras: count.max(1024).default(1),
  /** Largest rank of an adapter, one that vLLM makes room for. @default 16 */
  maxLoraRank: z
    .number()
    .refine((rank) => (LORA_RANKS as readonly number[]).includes(rank), {
      error: `must be one of ${LORA_RANKS.join(", ")}`,
    })
    .default(16),
});
export type LoraArgs = z.input<typeof loraSchema>;
export type Lora = z.output<typeof loraSchema>;

/** Tokens that are guessed and then proved in one step of the model. */
export const speculativeSchema = z.strictObject({
  /** "mtp": the checkpoint's own prediction layer; "eagle": a head of one layer; "draft": a smaller model. */
  method: z.enum(["mtp", "eagle", "draft"]),
  /** Tokens that are guessed at a time. */
  tokens: count.max(64),
  /** Id of the draft model or of the head's checkpoint. Required with "eagle" and "draft". */
  model: z.string().min(1).optional(),
});
export type Speculative = z.output<typeof speculativeSchema>;

/**
 * GPUs by their instruction set, which decides how an engine lays out weights and what its libraries take: gfx942 (MI300A,
 * MI300X, MI308X, MI325X), gfx950 (MI350X, MI355X), gfx1100 (Radeon). Those of CUDA are for comparing with logs.
 */
export const gpuArchitectureSchema = z.enum(["gfx942", "gfx950", "gfx1100", "sm80", "sm90"]);
export type GpuArchitecture = z.output<typeof gpuArchitectureSchema>;

const ONE_GROUP = 'must be 1: pipeline parallelism is not estimated; use tensorParallel with span "host"';
const ONE_REPLICA =
  "must be 1: declare one allocation per replica, so that each replica is placed separately";

/** Sizes that were measured: of nothing too, such as graphs with --enforce-eager. */
const measured = z.number().int().nonnegative().optional();

/**
 * What a start-up log of this very model said, in this precision and engine: `calibrationOf(readVllmLog(text), …)` makes it.
 * It takes the place of formulas in estimates for as many ranks.
 */
export const calibrationSchema = z.strictObject({
  /** Ranks of the measured run. It counts only for as many ranks. */
  tensorParallel: count,
  /** Sequences at once of the measured run. It counts only for no more of them. */
  maxNumSeqs: count,
  /** Tokens per step of the measured run. It counts only for no more of them. */
  maxNumBatchedTokens: count,
  /** Measured weights, in bytes per rank. @default the formula */
  weightsBytes: measured,
  /** Measured activations, in bytes per rank. @default the formula */
  activationsBytes: measured,
  /** Measured graphs, in bytes per rank. @default the formula */
  graphsBytes: measured,
  /** Memory outside of PyTorch, communication included, in bytes per rank. @default the formula */
  runtimeBytes: measured,
});
export type Calibration = z.output<typeof calibrationSchema>;

/** How the model is served: all that its memory depends on. Spread it into the object of whoever takes these fields. */
export const servingFields = {
  /** Precision of the weights; "native" is that of the checkpoint. @default "native" */
  precision: precisionSchema.default("native"),
  /** Precision of the KV cache; "auto" is that of the computation, usually 16 bit. @default "auto" */
  kvCacheDtype: kvCacheDtypeSchema.default("auto"),
  /** Longest sequence in tokens, prompt and answer together. @default the model's own, at most 8192 */
  maxModelLen: count.optional(),
  /** Sequences that are served at once; all of them can reach `maxModelLen`. @default 16 */
  maxNumSeqs: count.optional(),
  /** Tokens that one step computes; the activations grow with it. @default 2048, at least `maxNumSeqs` */
  maxNumBatchedTokens: count.optional(),
  /** Tokens of all sequences that the KV cache holds. With less, sequences wait while it is full. @default `maxNumSeqs` × `maxModelLen` */
  kvCacheTokens: count.optional(),
  /** Sizes that a start-up log of this model said; they replace formulas of the estimate. @default none */
  calibration: calibrationSchema.optional(),
  /** Inference engine whose memory is estimated and whose flags are in `engineArgs`. @default "vllm" */
  engine: engineSchema.default("vllm"),
  // Models with recurrent states need a second page per state for it, and batches of at least one of their blocks.
  /** Sequences with the same beginning share its keys and values. @default true */
  prefixCaching: z.boolean().optional(),
  /** The engine captures no graphs: less memory, slower steps. @default false */
  enforceEager: z.boolean().optional(),
  /** Bytes to add on each device, for example for a plugin of the engine. @default 0 */
  extraBytes: z.number().int().nonnegative().optional(),
  // With 0 the vision tower neither runs at start-up nor has a cache.
  /** Images in one prompt of a vision model; 0 serves text alone. @default 1 */
  imagesPerPrompt: z.number().int().nonnegative().max(1024).optional(),
  /** Instruction set of the GPUs that the estimate is made for. @default that of the devices */
  gpuArchitecture: gpuArchitectureSchema.optional(),
  /** Each expert is whole on one rank. Estimated as an even split, with a warning. @default false */
  expertParallel: z.boolean().optional(),
  /** Not supported: one model is on one group of tensor-parallel ranks. */
  pipelineParallel: z.literal(1, { error: ONE_GROUP }).optional(),
  /** Not supported: every replica is an allocation of its own. */
  dataParallel: z.literal(1, { error: ONE_REPLICA }).optional(),
  /** LoRA adapters beside the weights. @default none */
  lora: loraSchema.optional(),
  /** Speculative decoding: who guesses tokens, and how many. @default none */
  speculative: speculativeSchema.optional(),
};

export const servingSchema = z.strictObject(servingFields);
export type ServingOptions = z.output<typeof servingSchema>;

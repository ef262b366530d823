import { z } from "zod";

import { engineSchema } from "./engine.ts";
import { kvCacheDtypeSchema, precisionSchema } from "./precision.ts";

const count = z.number().int().positive();

/** Ranks that vLLM makes room for (`MaxLoRARanks` in `vllm/config/lora.py`, 0.33.0). */
const LORA_RANKS = [1, 8, 16, 32, 64, 128, 256, 320, 512] as const;

/** Adapters beside the weights. */
export const loraSchema = z.strictObject({
  /** Adapters of one batch. @default 1 */
  maxLoras: count.max(1024).default(1),
  /** Largest rank of an adapter. @default 16 */
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
  /** Who guesses: "mtp", the prediction layer of the checkpoint; "eagle", a head of one layer; "draft", a smaller model. */
  method: z.enum(["mtp", "eagle", "draft"]),
  /** Tokens guessed at a time. */
  tokens: count.max(64),
  /** Id of the catalog of the draft model, or of the head's own checkpoint for the engine. Needed by "eagle" and "draft". */
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
  /** The GPU for whose layouts and libraries memory is estimated. @default that of the devices, or "gfx942" */
  gpuArchitecture: gpuArchitectureSchema.optional(),
  /** Expert parallelism: each rank holds whole experts. Estimated as an even division, with a warning. @default false */
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

export const servingSchema = z.strictObject(servingFields);
export type ServingOptions = z.output<typeof servingSchema>;

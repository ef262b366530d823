import { z } from "zod";

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

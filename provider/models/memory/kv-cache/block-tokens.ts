import type { ModelShape } from "../../shape/shape.ts";
import { cacheLayers, type CacheLayers } from "./cache-layers.ts";

/** Tokens per block: vLLM hands out its KV cache in blocks, and the rest of a sequence's last one is lost. */
export const KV_BLOCK_TOKENS = 16;

/** Blocks that hold this many tokens of one sequence. */
export const blocksOf = (tokens: number): number => Math.ceil(tokens / KV_BLOCK_TOKENS);

/** Blocks of latent vectors beside states are a multiple of this (`_align_hybrid_block_size`, vLLM 0.33.0). */
const LATENT_ALIGNMENT = 128;

/**
 * Tokens per block of one rank. Blocks of all layers must be of one size, so a model with recurrent states gets blocks as
 * large as a state (`_align_hybrid_block_size` in `vllm/platforms/interface.py`, 0.33.0).
 */
export const kvBlockTokens = (shape: ModelShape, elementBytes: number, tensorParallel: number): number =>
  blockTokensOf(cacheLayers(shape, elementBytes, tensorParallel));

export function blockTokensOf(kinds: readonly CacheLayers[]): number {
  const states = kinds.filter(({ reach }) => reach.kind === "state");
  const attention = kinds.find(({ reach }) => reach.kind !== "state");
  if (states.length === 0 || !attention) return KV_BLOCK_TOKENS;
  const alignment = attention.rows === "whole" ? LATENT_ALIGNMENT : KV_BLOCK_TOKENS;
  const largest = Math.max(...states.map(({ bytes }) => bytes));
  return alignment * Math.ceil(largest / (alignment * attention.bytes));
}

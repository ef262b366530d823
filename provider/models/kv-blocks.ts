/** Tokens per block: vLLM hands out its KV cache in blocks, and the rest of a sequence's last one is lost. */
export const KV_BLOCK_TOKENS = 16;

/** Blocks that hold this many tokens of one sequence. */
export const blocksOf = (tokens: number): number => Math.ceil(tokens / KV_BLOCK_TOKENS);

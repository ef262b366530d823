/** vLLM pads the vocabulary to a multiple of this (`vocab_parallel_embedding.py`). */
const VOCAB_PADDING = 64;

export const paddedVocab = (vocab: number): number => Math.ceil(vocab / VOCAB_PADDING) * VOCAB_PADDING;

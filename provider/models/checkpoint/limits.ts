/**
 * How much of a checkpoint is ever read or kept, so that a broken or hostile file costs a bounded amount of memory. All are
 * far above what any published checkpoint has.
 */
export const LIMITS = {
  /** config.json; lists of layers that stay in 16 bit make it a few hundred kB. */
  configBytes: 4 * 1024 ** 2,
  /** model.safetensors.index.json; 17 MB for the 180,000 tensors of Kimi-K2. */
  indexBytes: 32 * 1024 ** 2,
  /** Header of one safetensors file, 100,000 tensors; the format itself stops at 100 MB. Parsed, it takes ten times as much. */
  safetensorsHeaderBytes: 16 * 1024 ** 2,
  /** Everything before the tensors in a GGUF file; the vocabulary makes it up to 10 MB. */
  ggufHeaderBytes: 64 * 1024 ** 2,
  shards: 1024,
  /** In one file. */
  tensors: 500_000,
  nameLength: 1024,
  dimensions: 8,
  /** Metadata fields of a GGUF file. */
  fields: 65_536,
  /** Elements of a metadata array that are kept; of a longer one only the length is. */
  arrayElements: 4096,
} as const;

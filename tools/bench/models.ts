/** Models for the sections that need some. */
export const MODELS = [
  {
    name: "llama",
    model: "meta-llama/Llama-3.1-8B-Instruct",
    precision: "fp8",
    maxModelLen: 8192,
    maxNumSeqs: 8,
  },
  { name: "qwen", model: "Qwen/Qwen2.5-1.5B", precision: "bf16", maxModelLen: 4096, maxNumSeqs: 16 },
] as const;

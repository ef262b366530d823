import type { ArchitectureName } from "../../schema/architecture.ts";

/** Families by their `model_type`. */
const FAMILY: Readonly<Record<string, ArchitectureName>> = {
  qwen2: "qwen2",
  qwen3: "qwen3",
  qwen3_moe: "qwen3",
  qwen3_vl_text: "qwen3",
  qwen3_vl_moe_text: "qwen3",
  qwen3_next: "qwen3-next",
  qwen3_5_text: "qwen3-next",
  qwen3_5_moe_text: "qwen3-next",
  gemma2: "gemma2",
  gemma3_text: "gemma3",
  gpt_oss: "gpt-oss",
  deepseek_v3: "deepseek-v3",
  deepseek_v32: "deepseek-v3.2",
  glm4: "glm-4",
  glm4_moe: "glm-4.5",
  glm_moe_dsa: "glm-5",
  llama4_text: "llama4",
  kimi_k2: "kimi-k2",
  minimax_m2: "minimax-m2",
  minimax_m3: "minimax-m3",
  minimax: "minimax-text",
  minimax_text_01: "minimax-text",
  deepseek_v2: "deepseek-v2",
  deepseek_v4: "deepseek-v4",
  glm4_moe_lite: "glm-4.7-flash",
  glm4v_moe_text: "glm-4.5-air",
  gemma3n_text: "gemma3n",
  gemma4_text: "gemma4",
  phimoe: "phi-moe",
  olmo2: "olmo2",
  olmo3: "olmo2",
  cohere: "cohere",
  cohere2: "cohere",
  exaone4: "exaone4",
  opt: "opt",
  bert: "bert",
  roberta: "bert",
  "xlm-roberta": "bert",
  starcoder2: "starcoder2",
  nemotron_h: "nemotron-h",
  granitemoehybrid: "granite-hybrid",
  lfm2: "lfm2",
  falcon_h1: "falcon-h1",
  kimi_linear: "kimi-linear",
  ernie4_5_moe: "ernie-4.5",
  hunyuan_v1_moe: "hunyuan-moe",
  bailing_moe: "ling-2",
  bailing_moe_v2: "ling-2",
  step3p5: "step-3.5",
  step3p7: "step-3.5",
  mimo_v2_flash: "mimo-v2",
  seed_oss: "qwen2",
  qwen2_vl_text: "qwen2",
  qwen2_5_vl_text: "qwen2",
};

/** Families whose layers are a Llama's. */
const LIKE_LLAMA: ReadonlySet<string> = new Set([
  "",
  "llama",
  "mistral",
  "mistral3",
  "ministral3",
  "mixtral",
  "phi3",
  "granite",
  "granitemoe",
  "internlm2",
  "internlm3",
  "baichuan",
  "yi",
  "stablelm",
  "smollm3",
  "minicpm",
  "dbrx",
  "ernie4_5",
  "helium",
  "nemotron",
  "nemotron-nas",
  "arcee",
  "apertus",
  "gemma",
  "solar",
]);

/** How the layers of a family are built; for one that is not known, a Llama's, with what that can be wrong in. */
export function familyOf(
  id: string,
  name: string,
): { readonly family: ArchitectureName; readonly doubt?: string } {
  const family = FAMILY[name];
  if (family !== undefined) return { family };
  return LIKE_LLAMA.has(name) ? { family: "llama" } : { family: "llama", doubt: familyDoubt(id, name) };
}

/** What is not known of a model whose family is not: said in words, never taken for granted. */
const familyDoubt = (id: string, family: string): string =>
  `the architecture "${family}" of ${id} is unknown; its layers are estimated as Llama layers. If some of its layers use a window or keep a state, the KV cache estimate is too large and the states are missing from it; memory of layers other than attention is missing from the activations`;

/** What becomes of a tensor: whether ranks share it, and what it is part of. */
export type TensorRole =
  | "embeddings"
  | "head"
  | "attention"
  | "keyValue"
  | "latent"
  | "dense"
  | "experts"
  | "small"
  | "vision"
  | "prediction";

/**
 * Names of parts, as transformers, DeepSeek and llama.cpp write them; the first that matches counts. What none of them
 * knows is a dense layer, which ranks share.
 */
const PARTS: readonly (readonly [role: TensorRole, name: RegExp])[] = [
  ["vision", /(?:^|\.)(?:vision|visual|image|audio|multi_modal|mm_projector|patch_merger|embed_vision)/],
  ["vision", /^(?:v|mm|a)\./],
  ["prediction", /(?:^|\.)(?:mtp|nextn)\b/],
  ["head", /(?:^|\.)lm_head\b|^output\.(?!norm)/],
  ["embeddings", /embed_tokens\b|word_embeddings\b|\bwte\b|^token_embd\b/],
  // Routers, also where a shared expert has a gate of its own; norms, biases, sinks, rates of recurrent states.
  ["small", /(?:mlp|moe|ffn|feed_forward)\.(?:gate|router|shared_expert_gate)\b|ffn_gate_inp/],
  [
    "small",
    /norm\b|(?:^|[._])ln_|\.bias$|sinks\b|inv_freq|A_log|dt_bias|ssm_(?:a|dt)\b|correction_bias|exp_probs/,
  ],
  ["latent", /\b(?:q_a_proj|kv_a_proj_with_mqa|attn_q_a|attn_kv_a_mqa)\b/],
  ["keyValue", /\b[kv]_proj\b|\battn_[kv]\./],
  ["experts", /\.experts\b|ffn_(?:gate|up|down|gate_up)_exps/],
  ["attention", /attn|attention|\bssm_/],
];

/** Layers from this one on are for multi-token prediction, although their names are like the others'. */
const LAYER = /(?:^|\.)(?:layers|blk|h)\.(\d+)\./;

export function tensorRole(name: string, layers: number): TensorRole {
  const role = PARTS.find(([, pattern]) => pattern.test(name))?.[0] ?? "dense";
  if (role === "vision") return role;
  const layer = LAYER.exec(name)?.[1];
  return layer !== undefined && Number(layer) >= layers ? "prediction" : role;
}

import type { LanguageModelConfig } from "../../schema/model-config.ts";
import type { AttentionMixer, LayerKind, Mixer } from "../../schema/model-layers.ts";

/**
 * Layers by how they are built, of families whose configs say it in words of their own; undefined for one whose layers are all
 * alike, or differ only in window or recurrent state as transformers names them.
 */
export function layerKindsOfConfig(
  language: LanguageModelConfig,
  layers: number,
): readonly LayerKind[] | undefined {
  const kinds = KINDS.map((read) => read(language, layers)).find((found) => found !== undefined);
  return kinds?.filter((kind) => kind.layers > 0);
}

type Read = (language: LanguageModelConfig, layers: number) => readonly LayerKind[] | undefined;

const count = (letters: string, letter: string): number => letters.split(letter).length - 1;
const of = (type: string, part: readonly string[]): number => part.filter((one) => one === type).length;
const attention = (words: Omit<AttentionMixer, "kind"> = {}): AttentionMixer => ({
  kind: "attention",
  ...words,
});
const defined = <T extends object>(words: T): T =>
  Object.fromEntries(Object.entries(words).filter(([, value]) => value !== undefined && value !== null)) as T;

/** Mamba-2 in the words of Nemotron-H, or of Granite and Falcon-H1. */
function mamba(language: LanguageModelConfig): Extract<Mixer, { kind: "mamba" }> | undefined {
  const heads = language.mamba_num_heads ?? language.mamba_n_heads;
  const stated = language.mamba_head_dim ?? language.mamba_d_head;
  const inner = language.mamba_d_ssm ?? 2 * (language.hidden_size ?? 0);
  if (!heads) return undefined;
  return {
    kind: "mamba",
    heads,
    headDim: typeof stated === "number" ? stated : Math.floor(inner / heads),
    groups: language.n_groups ?? language.mamba_n_groups ?? 1,
    stateSize: language.ssm_state_size ?? language.mamba_d_state ?? 128,
    convKernel: language.conv_kernel ?? language.mamba_d_conv ?? 4,
    ...((language.mamba_ssm_cache_dtype ?? language.mamba_ssm_dtype) === "float32" && {
      stateDtype: "fp32" as const,
    }),
  };
}

const KINDS: readonly Read[] = [
  /** "M" a state, "*" attention, "-" and "E" feed-forward alone. */
  (language) => {
    const letters = language.hybrid_override_pattern;
    const state = mamba(language);
    if (!letters || !state) return undefined;
    return [
      { layers: count(letters, "M"), mixer: state, feedForward: "none" },
      { layers: count(letters, "*"), mixer: attention(), feedForward: "none" },
      { layers: count(letters, "-"), mixer: { kind: "none" }, feedForward: "dense" },
      { layers: count(letters, "E"), mixer: { kind: "none" }, feedForward: "experts" },
    ];
  },
  (language, layers) => {
    const state = mamba(language);
    if (language.model_type !== "falcon_h1" || !state) return undefined;
    return [{ layers, mixer: { ...state, beside: attention() } }];
  },
  (language, layers) => {
    const state = mamba(language);
    const full = language.layer_types?.filter(
      (type) => type === "attention" || type === "full_attention",
    ).length;
    return state && full !== undefined
      ? [
          { layers: full, mixer: attention() },
          { layers: layers - full, mixer: state },
        ]
      : undefined;
  },
  (language, layers) => {
    const kernel = language.conv_L_cache;
    const full =
      language.full_attn_idxs?.length ??
      language.layer_types?.filter((type) => type === "full_attention").length;
    if (!kernel || full === undefined || !language.hidden_size) return undefined;
    const state = { kind: "convolution", channels: language.hidden_size, convKernel: kernel } as const;
    return [
      { layers: full, mixer: attention() },
      { layers: layers - full, mixer: state },
    ];
  },
  (language, layers) => {
    const linear = language.linear_attn_config;
    const { kv_lora_rank: kvLoraRank, qk_rope_head_dim: qkRopeDim } = language;
    if (!linear?.full_attn_layers || !linear.num_heads || !linear.head_dim || !kvLoraRank || !qkRopeDim) {
      return undefined;
    }
    const full = linear.full_attn_layers.filter((layer) => layer <= layers).length;
    const [heads, width] = [linear.num_heads, linear.head_dim];
    return [
      { layers: full, mixer: { kind: "latent", kvLoraRank, qkRopeDim } },
      {
        layers: layers - full,
        mixer: {
          kind: "delta",
          keyHeads: heads,
          valueHeads: heads,
          keyHeadDim: width,
          valueHeadDim: width,
          convKernel: linear.short_conv_kernel_size ?? 4,
          decay: "per-channel",
        },
      },
    ];
  },
  (language, layers) => {
    const ratios = language.compress_ratios?.slice(0, layers);
    const { head_dim: width, sliding_window: window, index_head_dim: indexWidth } = language;
    if (!ratios || !width || !window) return undefined;
    return [...new Set(ratios)].map((ratio) => ({
      layers: ratios.filter((one) => one === ratio).length,
      mixer: {
        kind: "compressed",
        width,
        window,
        ...(ratio > 1 && { ratio }),
        // Keys that are compressed little are chosen from, by an index.
        ...(ratio > 1 && ratio <= 16 && indexWidth && { indexWidth }),
      },
    }));
  },
  /** 0 a state of one matrix per head, 1 attention (MiniMax-Text-01). */
  (language, layers) => {
    const types = language.attn_type_list;
    if (!types || !language.num_attention_heads) return undefined;
    const full = types.filter((type) => type === 1).length;
    const heads = language.num_attention_heads;
    const headDim = language.head_dim ?? Math.floor((language.hidden_size ?? 0) / heads);
    return [
      { layers: full, mixer: attention() },
      { layers: layers - full, mixer: { kind: "linear", heads, headDim } },
    ];
  },
  /** 1 a layer with a window and heads of its own (MiMo-V2). */
  (language, layers) => {
    const pattern = language.hybrid_layer_pattern;
    const window = language.sliding_window;
    if (!pattern || !window) return undefined;
    const bounded = pattern.filter((kind) => kind === 1).length;
    const words = defined({
      kvHeads: language.swa_num_key_value_heads ?? undefined,
      headDim: language.swa_head_dim ?? undefined,
      valueDim: language.swa_v_head_dim ?? undefined,
    });
    return [
      { layers: layers - bounded, mixer: attention(defined({ valueDim: language.v_head_dim ?? undefined })) },
      { layers: bounded, mixer: attention({ ...words, window }) },
    ];
  },
  /** Layers of two widths, the last of which share what earlier ones keep (Gemma-3n, Gemma-4). */
  (language, layers) => {
    const {
      layer_types: types,
      sliding_window: window,
      num_kv_shared_layers: shared,
      global_head_dim,
    } = language;
    if (!types || !window || (shared === undefined && global_head_dim === undefined)) return undefined;
    const own = layers - (shared ?? 0);
    const full = defined({
      headDim: global_head_dim ?? undefined,
      kvHeads: language.num_global_key_value_heads ?? undefined,
      ...(language.attention_k_eq_v && { keysAreValues: true }),
    });
    const [kept, reading] = [types.slice(0, own), types.slice(own)];
    return [
      { layers: of("full_attention", kept), mixer: attention(full) },
      { layers: of("sliding_attention", kept), mixer: attention({ window }) },
      { layers: of("full_attention", reading), mixer: attention({ ...full, cache: "shared" }) },
      { layers: of("sliding_attention", reading), mixer: attention({ window, cache: "shared" }) },
    ];
  },
];

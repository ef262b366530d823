/** What the shape columns do not say: how a family builds its layers. */
export interface Architecture {
  /** Vectors added after the projections: of queries, keys and values, or of those and the output. */
  readonly attentionBias: "none" | "query-key-value" | "all";
  /** Queries and keys are normalised: per head, with one vector for all heads, or over all heads of a layer at once. */
  readonly queryKeyNorm: "none" | "per-head" | "per-layer";
  /** The output of attention is gated by a projection as wide as the queries. */
  readonly attentionGate: "none" | "per-query";
  /** Norm vectors of `hidden` in each layer: with 1, a layer is a mixer or a feed-forward alone. */
  readonly normsPerLayer: 1 | 2 | 4;
  /** Norms have an offset beside the scale. @default false */
  readonly normBias?: true;
  /** "plain" has two matrices, without a gate. @default "gated" */
  readonly feedForward?: "gated" | "plain";
  /** @default false */
  readonly feedForwardBias?: true;
  /** How often an engine holds the table of words of a tied model. @default 1 */
  readonly tables?: 2;
  /** Rows of a learned table of positions. @default none */
  readonly positions?: number;
  /** Experts work on a narrower vector than the model. @default hidden */
  readonly expertHidden?: number;
  /** Learned attention sinks, one number per head and layer. */
  readonly sinks: "none" | "per-head";
  /** Numbers the router adds to its scores: one per expert and layer. */
  readonly routerBias: "none" | "per-expert";
  readonly expertBias: "none" | "all";
  /** Experts that see every token, besides those the router picks. */
  readonly sharedExperts: number;
  /** The shared expert's output is scaled by a number that a vector of `hidden` makes of the token. */
  readonly sharedExpertGate: "none" | "per-token";
  /** Number of layers, mostly the first, with one wide feed-forward layer instead of experts. */
  readonly denseLayers?: { readonly count: number; readonly ffn: number };
  /** Rank of the compressed queries in latent attention. */
  readonly queryLoraRank?: number;
  /** Width of a value head in latent attention. @default that of a key's part without positions */
  readonly valueHeadDim?: number;
  /** What picks the tokens of sparse attention, and the number of layers with it; whole on every rank. */
  readonly indexer?: { readonly heads: number; readonly headDim: number; readonly layers: number };
  /** Layers that do not see all tokens see the last ones, or those of their own chunk. @default "sliding" */
  readonly windows?: "sliding" | "chunks";
  /**
   * What a published total holds beyond the language model. A vision tower is counted in full on every rank, the cautious
   * reading; a layer for multi-token prediction is divided, and loaded only for speculative decoding; buffers are small.
   */
  readonly beyond: "vision" | "prediction" | "buffers";
  /** Why vLLM refuses to compute in float16 (`_FLOAT16_NOT_SUPPORTED_MODELS` in vllm/config/model.py). */
  readonly float16Refused?: string;
}

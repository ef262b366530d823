import type { Bytes } from "../../bytes.ts";

/** Parameters by what happens to them: which are quantised, and which tensor parallelism divides. */
export interface ParameterCounts {
  /** Input table and output head; one table when tied. Divided; kept in 16 bit when the rest is quantised. */
  readonly embeddings: number;
  /** Projections of queries and of the output, and what expands latent attention. Divided. */
  readonly attention: number;
  /** Projections of keys and values. Divided down to one head per rank, then copied. */
  readonly keyValue: number;
  /** What compresses into latent attention. Whole on every rank. */
  readonly latent: number;
  /** Dense feed-forward layers. Divided. */
  readonly dense: number;
  /** Experts that see every token. Divided. */
  readonly shared: number;
  /** Routed experts. Divided. */
  readonly experts: number;
  /** Norms, routers, biases, sinks. Counted whole on every rank, and kept in 16 bit. */
  readonly small: number;
  /** A vision tower, where its size is known by itself. Whole on every rank, and kept in 16 bit. */
  readonly vision: number;
  /**
   * What the published total has beyond that: a prediction layer, or a vision tower of unknown size. Negative when the
   * family's layers are smaller than assumed: the published total wins.
   */
  readonly beyond: number;
}

/** Bytes of a checkpoint by what tensor parallelism does to them; the form in which a shape holds them. */
export interface CheckpointBytes {
  readonly divided: Bytes;
  /** Divided down to one head, then copied. */
  readonly keyValue: Bytes;
  readonly whole: Bytes;
  /** Of `whole`, a vision tower's, which ranks divide where its heads allow. */
  readonly vision?: Bytes;
  /** Divided, and loaded for speculative decoding alone. */
  readonly prediction: Bytes;
}

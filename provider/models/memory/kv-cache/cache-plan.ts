import { blockTokensOf } from "./block-tokens.ts";
import { type CacheLayers, type Reach, sameReach } from "./cache-layers.ts";

/** Layers that share one table of blocks: each of `count` groups takes a block of its own for the same tokens. */
export interface CacheGroup {
  readonly count: number;
  readonly reach: Reach;
  /** Tokens of a block here. */
  readonly blockTokens: number;
}

/** One size of block, and what takes blocks of it. */
export interface CachePool {
  /** Of all layers of a group. */
  readonly blockBytes: number;
  /** Layers a block has room for; the last group of a kind may have fewer. */
  readonly rows: number;
  readonly groups: readonly CacheGroup[];
}

export interface CachePlan {
  /** Of the layers that see the whole context. */
  readonly blockTokens: number;
  /** As a rule one: kinds whose pages cannot be made alike are counted side by side. */
  readonly pools: readonly CachePool[];
}

/** A kind this little larger than the smallest is not split, but sets the size of all groups (vLLM 0.33.0). */
const NOT_SPLIT_BELOW = 1.5;

/**
 * How vLLM divides a rank's cache among layers (`get_kv_cache_groups` in `vllm/v1/core/kv_cache_planning.py`, 0.33.0).
 * Layers that all see the whole context are one group. Otherwise pages are made of one size, and groups of one number of
 * layers: that of the smallest kind, with the last group of each other kind padded.
 */
export function cachePlan(kinds: readonly CacheLayers[]): CachePlan {
  const blockTokens = blockTokensOf(kinds);
  const [first] = kinds;
  if (!first) return { blockTokens, pools: [] };
  if (kinds.every(({ reach }) => sameReach(reach, first.reach)))
    return { blockTokens, pools: [uniform(kinds, blockTokens)] };
  const page = Math.max(...kinds.map((kind) => pageBytes(kind, blockTokens)));
  const alike = kinds.every((kind) => kind.rows === "any" || page % pageBytes(kind, blockTokens) === 0);
  return alike
    ? { blockTokens, pools: [grouped(kinds, blockTokens, page)] }
    : { blockTokens, pools: kinds.map((kind) => uniform([kind], blockTokens)) };
}

const pageBytes = ({ reach, bytes }: CacheLayers, blockTokens: number): number =>
  reach.kind === "state" ? bytes : bytes * blockTokens;

function uniform(kinds: readonly CacheLayers[], blockTokens: number): CachePool {
  return {
    blockBytes: kinds.reduce((sum, kind) => sum + kind.layers * pageBytes(kind, blockTokens), 0),
    rows: kinds.reduce((sum, { layers }) => sum + layers, 0),
    groups: kinds.slice(0, 1).map(({ reach }) => ({ count: 1, reach, blockTokens })),
  };
}

function grouped(kinds: readonly CacheLayers[], blockTokens: number, page: number): CachePool {
  const sizes = kinds.map(({ layers }) => layers);
  const [fewest, most] = [Math.min(...sizes), Math.max(...sizes)];
  const rows = most < fewest * NOT_SPLIT_BELOW ? most : fewest;
  return {
    blockBytes: page * rows,
    rows,
    groups: kinds.map((kind) => ({
      count: Math.ceil(kind.layers / rows),
      reach: kind.reach,
      blockTokens: blockTokens * longerBlocks(page, pageBytes(kind, blockTokens)),
    })),
  };
}

/** A smaller page is filled with more tokens where that comes out even, and is padded otherwise. */
const longerBlocks = (page: number, own: number): number => (page % own === 0 ? page / own : 1);

import type { Bytes } from "../../../bytes.ts";
import { layerKindsOf } from "../../shape/layer-kinds.ts";
import { kvElementBytes, resolvePrecision } from "../../shape/precision.ts";
import type { ModelShape } from "../../shape/shape.ts";
import { draftKinds, draftOf } from "../draft.ts";
import { demandedBytes, memoryRange, type MemoryTerm } from "../memory-term.ts";
import type { Serving } from "../serving.ts";
import { type CacheLayers, cacheLayers } from "./cache-layers.ts";
import { cachePlan, type CachePlan } from "./cache-plan.ts";
import { blocksOfPool, blocksToStart, type Extent } from "./held-blocks.ts";
import { kvExtent } from "./reason.ts";

/** vLLM keeps the first block of its pool empty (`BlockPool.null_block`), so a guarantee needs one more. */
const NULL_BLOCKS = 1;

/**
 * Pages a sequence holds of a recurrent state: one, and a second where prefix caching keeps an aligned copy
 * (`MambaSpec.max_memory_usage_bytes`, `mamba_cache_mode` "align", which prefix caching sets; vLLM 0.33.0).
 */
const STATE_PAGES = { alone: 1, withPrefixes: 2 } as const;

/** Batches that vLLM has under way at once: the next is scheduled while one runs (`max_concurrent_batches`, 0.33.0). */
const BATCHES_UNDER_WAY = 2;

/** Bytes of one token in all layers on one rank, windows not considered. */
export const kvBytesPerToken = (shape: ModelShape, elementBytes: number, tensorParallel: number): Bytes =>
  demandedBytes(tokenBytes(cacheLayers(shape, elementBytes, tensorParallel)));

const tokenBytes = (kinds: readonly CacheLayers[]): number =>
  kinds
    .filter(({ reach }) => reach.kind !== "state")
    .reduce((sum, { layers, bytes }) => sum + layers * bytes, 0);

function kindsOf(shape: ModelShape, serving: Serving, tensorParallel: number): readonly CacheLayers[] {
  const element = kvElementBytes(serving.kvCacheDtype, resolvePrecision(shape, serving.precision));
  const guessing = draftKinds(shape, serving);
  const whole: ModelShape =
    guessing.length === 0 ? shape : { ...shape, layerKinds: [...layerKindsOf(shape), ...guessing] };
  const draft = draftOf(serving);
  const kinds = [
    ...cacheLayers(whole, element, tensorParallel),
    ...(draft ? cacheLayers(draft, element, tensorParallel) : []),
  ];
  // SGLang sizes its pools by tokens alone, so a layer with a window can take as much as one without.
  return serving.engine === "sglang" ? kinds.map(inFull) : kinds;
}

const inFull = (kind: CacheLayers): CacheLayers =>
  kind.reach.kind === "state" ? kind : { ...kind, reach: { kind: "all" } };

/**
 * KV cache of one rank: what vLLM's own arithmetic asks for, so that all sequences reach their full length. `low` leaves out
 * what pads groups and what is in flight; `high` is never below what vLLM wants for one sequence before it starts.
 */
export function kvCacheTerm(shape: ModelShape, serving: Serving, tensorParallel: number): MemoryTerm {
  if (shape.pooling) return poolingTerm(shape, serving, tensorParallel);
  const kinds = kindsOf(shape, serving, tensorParallel);
  const plan = cachePlan(kinds);
  const statePages = serving.prefixCaching === false ? STATE_PAGES.alone : STATE_PAGES.withPrefixes;
  const inFlight = serving.maxNumBatchedTokens;
  const extent: Extent = { inFlight, statePages: statePages + (serving.speculative?.tokens ?? 0) };
  const toStart: Extent = { ...extent, inFlight: BATCHES_UNDER_WAY * inFlight };
  const best = sum(plan, (pool) => blocksOfPool(pool, plan, serving, extent));
  const start = sum(plan, (pool) => blocksToStart(pool, serving, toStart));
  return {
    name: "KV cache",
    ...memoryRange(Math.min(leastBytes(kinds, plan, serving), best), best, Math.max(best, start)),
    reason: kvExtent({ shape, serving, kinds, plan, perToken: tokenBytes(kinds) }),
    calibrated: true,
  };
}

/** Nothing is generated: what is cached are the prompts of a step, and one that is longer than a step. */
function poolingTerm(shape: ModelShape, serving: Serving, tensorParallel: number): MemoryTerm {
  const { pooling: _, ...decoder } = shape;
  const prompts = Math.ceil(serving.maxNumBatchedTokens / serving.maxModelLen) + 1;
  const maxNumSeqs = Math.min(prompts, serving.maxNumSeqs + 1);
  const kvCacheTokens = maxNumSeqs * serving.maxModelLen;
  const term = kvCacheTerm(decoder, { ...serving, maxNumSeqs, kvCacheTokens }, tensorParallel);
  return { ...term, reason: `the prompts of a step: ${term.reason}` };
}

const sum = (plan: CachePlan, blocks: (pool: CachePlan["pools"][number]) => number): number =>
  plan.pools.reduce((total, pool) => total + (blocks(pool) + NULL_BLOCKS) * pool.blockBytes, 0);

/** Every layer with the tokens that it attends to, in whole blocks, and nothing else. */
function leastBytes(kinds: readonly CacheLayers[], plan: CachePlan, serving: Serving): number {
  const least: Extent = { inFlight: 1, statePages: STATE_PAGES.alone };
  return kinds
    .map((kind) => cachePlan([kind]))
    .map((own) => ({ blockTokens: plan.blockTokens, pools: own.pools }))
    .reduce((total, own) => total + sum(own, (pool) => blocksOfPool(pool, own, serving, least)), 0);
}

import type { Serving } from "../serving.ts";
import type { Reach } from "./cache-layers.ts";
import type { CacheGroup, CachePlan, CachePool } from "./cache-plan.ts";

/** What a sequence may hold beyond the tokens that its layers attend to. */
export interface Extent {
  /** Tokens that are scheduled and not settled. */
  readonly inFlight: number;
  /** Pages of a recurrent state. */
  readonly statePages: number;
}

/** Blocks that one sequence of full length holds in one group (`max_memory_usage_bytes` of each kind, vLLM 0.33.0). */
export function blocksOfSequence(
  { reach, blockTokens }: Pick<CacheGroup, "reach" | "blockTokens">,
  length: number,
  extent: Extent,
): number {
  switch (reach.kind) {
    case "all":
      return Math.ceil(length / blockTokens);
    case "window":
      // One more, because a window need not begin where a block does.
      return Math.ceil(Math.min(reach.tokens - 1 + extent.inFlight, length) / blockTokens) + 1;
    case "chunk":
      return Math.ceil(Math.min(reach.tokens + extent.inFlight, length) / blockTokens);
    case "state":
      return extent.statePages;
  }
}

/** Whether all sequences can reach the full length, or how many tokens there are instead. */
export const isGuarantee = ({ kvCacheTokens, maxNumSeqs, maxModelLen }: Serving): boolean =>
  kvCacheTokens >= maxNumSeqs * maxModelLen;

/** Sequences that a budget of tokens holds at full length, at least one and at most all of them. */
export function sequencesAtLength(serving: Serving, blockTokens: number): number {
  if (isGuarantee(serving)) return serving.maxNumSeqs;
  const perSequence = Math.ceil(serving.maxModelLen / blockTokens);
  const blocks = Math.max(Math.ceil(serving.kvCacheTokens / blockTokens), perSequence);
  return Math.min(blocks / perSequence, serving.maxNumSeqs);
}

/** Blocks of one group: of the guarantee, or of the budget. */
function blocksOfGroup(group: CacheGroup, plan: CachePlan, serving: Serving, extent: Extent): number {
  const each = blocksOfSequence(group, serving.maxModelLen, extent);
  const sequences = sequencesAtLength(serving, plan.blockTokens);
  // The division above leaves a rest of the last digit.
  const rounded = Math.ceil(sequences * each - 1e-6);
  const blocksByReach: Readonly<Record<Reach["kind"], number>> = {
    all: rounded,
    window: Math.ceil(sequences) * each,
    chunk: Math.ceil(sequences) * each,
    // Every sequence that runs holds its state, however long it is.
    state: serving.maxNumSeqs * each,
  };
  return blocksByReach[group.reach.kind];
}

/** Blocks of a pool that all sequences together hold. */
export const blocksOfPool = (pool: CachePool, plan: CachePlan, serving: Serving, extent: Extent): number =>
  pool.groups.reduce((sum, group) => sum + group.count * blocksOfGroup(group, plan, serving, extent), 0);

/** Blocks without which vLLM does not start: one sequence of full length. */
export const blocksToStart = (pool: CachePool, serving: Serving, extent: Extent): number =>
  pool.groups.reduce(
    (sum, group) => sum + group.count * blocksOfSequence(group, serving.maxModelLen, extent),
    0,
  );

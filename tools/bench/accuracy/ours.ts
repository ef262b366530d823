import type { Bytes } from "../../../provider/bytes.ts";
import { resolveServing, type Serving } from "../../../provider/models/defaults.ts";
import { estimateMemory, type MemoryEstimate } from "../../../provider/models/estimate.ts";
import { kvBlockTokens, kvBytesPerToken, kvCacheTerm } from "../../../provider/models/kv-cache.ts";
import { type MemoryTerm, sumRanges } from "../../../provider/models/memory-term.ts";
import { kvElementBytes, resolvePrecision } from "../../../provider/models/precision.ts";
import { servingSchema } from "../../../provider/schema/model.ts";
import type { EngineLog } from "./engine-log.ts";

const GIBI = 1024 ** 3;

/** Bytes of a token of this log's KV cache, all layers counted. */
export function bytesPerToken(log: EngineLog): Bytes {
  return kvBytesPerToken(log.model, elementBytes(log), log.tensorParallel);
}

function elementBytes({ model, serving }: EngineLog): number {
  const { kvCacheDtype, precision } = servingSchema.parse(serving);
  return kvElementBytes(kvCacheDtype, resolvePrecision(model, precision));
}

/** How the log's engine was run, its KV cache as large as it was there. */
function servingOf(log: EngineLog): Serving {
  const tokens = log.kvTokens ?? Math.floor(((log.kvCache ?? 0) * GIBI) / bytesPerToken(log));
  // The tokens of a log include the block that is kept empty.
  const emptyBlock = kvBlockTokens(log.model, elementBytes(log), log.tensorParallel);
  const maxModelLen = Math.min(log.serving.maxModelLen, tokens - emptyBlock);
  return {
    ...resolveServing(log.model, servingSchema.parse(log.serving)),
    maxModelLen,
    kvCacheTokens: tokens - emptyBlock,
  };
}

/** The KV cache of the log: a small one is filled by fewer sequences than may run, a large one takes more to fill. */
export function kvOfLog(log: EngineLog): MemoryTerm {
  const serving = servingOf(log);
  const toFill = Math.ceil(serving.kvCacheTokens / serving.maxModelLen);
  // Recurrent states take their blocks from the same cache, so that no more sequences run than fill it.
  const maxNumSeqs = log.model.linearAttention ? toFill : Math.max(serving.maxNumSeqs, toFill);
  return kvCacheTerm(log.model, { ...serving, maxNumSeqs }, log.tensorParallel);
}

/** What the estimate says of the run that the log is of. */
export function estimateOfLog(log: EngineLog): MemoryEstimate {
  const result = estimateMemory(log.model, servingOf(log), log.tensorParallel);
  if (!result.ok) throw new Error(`${log.label}: ${result.error}`);
  const kvCache = kvOfLog(log);
  const terms = result.estimate.terms
    .map((term) => (term.name === kvCache.name ? kvCache : term))
    .filter((term) => term.name !== "graphs" || log.totalHoldsGraphs);
  return { ...result.estimate, ...sumRanges(terms), terms, kvBytes: kvCache.high };
}

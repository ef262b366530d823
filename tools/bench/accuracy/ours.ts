import type { Bytes } from "../../../provider/bytes.ts";
import { resolveServing, type Serving } from "../../../provider/models/defaults.ts";
import { estimateMemory, type MemoryEstimate } from "../../../provider/models/estimate.ts";
import { kvBytesPerToken, kvCacheTerm } from "../../../provider/models/kv-cache.ts";
import { kvBlockTokens } from "../../../provider/models/kv/block-tokens.ts";
import {
  type MemoryRange,
  memoryRange,
  type MemoryTerm,
  sumRanges,
} from "../../../provider/models/memory-term.ts";
import { kvElementBytes, resolvePrecision } from "../../../provider/models/precision.ts";
import type { GpuArchitecture } from "../../../provider/schema/model-serving.ts";
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

/** Whose layouts and libraries the log is of. */
function architectureOf({ gpuArchitecture, platform, card }: EngineLog): GpuArchitecture {
  if (gpuArchitecture) return gpuArchitecture;
  if (platform === "ROCm") return "gfx942";
  return /H100|H200/.test(card) ? "sm90" : "sm80";
}

/** How the log's engine was run; a model that sees was measured with its tower where the log says so. */
function servingOf(log: EngineLog): Serving {
  const options = servingSchema.parse({ gpuArchitecture: architectureOf(log), ...log.serving });
  const serving = resolveServing(log.model, options);
  if (log.kvSequences !== undefined) return { ...serving, maxNumSeqs: Math.ceil(log.kvSequences) };
  const tokens = log.kvTokens ?? Math.floor(((log.kvCache ?? 0) * GIBI) / bytesPerToken(log));
  // The tokens of a log include the block that is kept empty.
  const emptyBlock = kvBlockTokens(log.model, elementBytes(log), log.tensorParallel);
  const maxModelLen = Math.max(Math.min(log.serving.maxModelLen, tokens - emptyBlock), 1);
  return { ...serving, maxModelLen, kvCacheTokens: tokens - emptyBlock };
}

/**
 * The KV cache of the log: as many tokens as it says, or as many sequences of full length, of which the last is a part. A small
 * cache is filled by fewer sequences than may run, a large one takes more to fill.
 */
export function kvOfLog(log: EngineLog): MemoryTerm {
  const serving = servingOf(log);
  if (log.kvSequences !== undefined) return ofSequences(log, serving, log.kvSequences);
  const toFill = Math.ceil(serving.kvCacheTokens / serving.maxModelLen);
  const maxNumSeqs = Math.max(serving.maxNumSeqs, toFill);
  return kvCacheTerm(log.model, { ...serving, maxNumSeqs }, log.tensorParallel);
}

/** vLLM divides its cache by what one sequence takes, its empty block among it. */
function ofSequences(log: EngineLog, serving: Serving, sequences: number): MemoryTerm {
  const of = (maxNumSeqs: number): MemoryTerm =>
    kvCacheTerm(
      log.model,
      { ...serving, maxNumSeqs, kvCacheTokens: maxNumSeqs * serving.maxModelLen },
      log.tensorParallel,
    );
  const [two, three] = [of(2), of(3)];
  const size = (bound: "low" | "best" | "high"): number => sequences * (three[bound] - two[bound]);
  return { ...three, ...memoryRange(size("low"), size("best"), size("high")) };
}

/** What the estimate says of the run that the log is of. */
export function estimateOfLog(log: EngineLog): MemoryEstimate {
  // As many sequences as may run, with a cache of the log's size in place of theirs.
  const options = servingSchema.parse({ gpuArchitecture: architectureOf(log), ...log.serving });
  const running = resolveServing(log.model, options);
  const result = estimateMemory(log.model, running, log.tensorParallel);
  if (!result.ok) throw new Error(`${log.label}: ${result.error}`);
  // Where a log has no size of its cache, what is not its cache is compared.
  const kvCache =
    log.kvTokens === undefined && log.kvSequences === undefined && log.kvCache !== undefined
      ? { ...kvOfLog(log), ...memoryRange(log.kvCache * GIBI, log.kvCache * GIBI, log.kvCache * GIBI) }
      : kvOfLog(log);
  const terms = result.estimate.terms
    .map((term) => (term.name === kvCache.name ? kvCache : term))
    .filter((term) => term.name !== "graphs" || log.totalHoldsGraphs);
  return { ...result.estimate, ...sumRanges(terms), terms, kvBytes: kvCache.high };
}

/** The same without the KV cache, so that the cache does not hide the rest. */
export function withoutKvCache(log: EngineLog): MemoryRange {
  return sumRanges(estimateOfLog(log).terms.filter(({ name }) => name !== "KV cache"));
}

import type { Bytes } from "../../../provider/bytes.ts";
import { estimateMemory, type MemoryEstimate } from "../../../provider/models/memory/estimate.ts";
import { paddedRowBytes } from "../../../provider/models/memory/fp8-rows.ts";
import { kvBlockTokens } from "../../../provider/models/memory/kv-cache/block-tokens.ts";
import { cacheLayers } from "../../../provider/models/memory/kv-cache/cache-layers.ts";
import { cachePlan } from "../../../provider/models/memory/kv-cache/cache-plan.ts";
import { kvBytesPerToken, kvCacheTerm } from "../../../provider/models/memory/kv-cache/kv-cache.ts";
import {
  type MemoryRange,
  memoryRange,
  type MemoryTerm,
  sumRanges,
} from "../../../provider/models/memory/memory-term.ts";
import type { Platform } from "../../../provider/models/memory/platform.ts";
import { rankMatrices } from "../../../provider/models/memory/rank-matrices.ts";
import { resolveServing, type Serving } from "../../../provider/models/memory/serving.ts";
import { kvElementBytes, resolvePrecision } from "../../../provider/models/shape/precision.ts";
import type { GpuArchitecture } from "../../../provider/schema/serving.ts";
import { servingSchema } from "../../../provider/schema/serving.ts";
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
export function architectureOf({ gpuArchitecture, platform, card }: EngineLog): GpuArchitecture {
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
  if (log.kvGroupTokens !== undefined) return ofGroups(log, log.kvGroupTokens);
  if (log.kvSequences !== undefined) return ofSequences(log, serving, log.kvSequences);
  const toFill = Math.ceil(serving.kvCacheTokens / serving.maxModelLen);
  const maxNumSeqs = Math.max(serving.maxNumSeqs, toFill);
  return kvCacheTerm(log.model, { ...serving, maxNumSeqs }, log.tensorParallel);
}

/** As many blocks for each group of layers. */
function ofGroups(log: EngineLog, tokens: number): MemoryTerm {
  const plan = cachePlan(cacheLayers(log.model, elementBytes(log), log.tensorParallel));
  const size = plan.pools.reduce((sum, { groups, blockBytes }) => {
    const count = groups.reduce((all, group) => all + group.count, 0);
    return sum + (tokens / plan.blockTokens) * count * blockBytes;
  }, 0);
  return {
    name: "KV cache",
    ...memoryRange(size, size, size),
    reason: "blocks of all groups",
    calibrated: true,
  };
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

/**
 * What the estimate says of the run that the log is of.
 *
 * @param platform other constants than those of the log's GPU
 */
export function estimateOfLog(log: EngineLog, platform?: Platform): MemoryEstimate {
  // As many sequences as may run, with a cache of the log's size in place of theirs.
  const options = servingSchema.parse({ gpuArchitecture: architectureOf(log), ...log.serving });
  const running = resolveServing(log.model, options);
  const result = estimateMemory(log.model, running, log.tensorParallel, platform);
  if (!result.ok) throw new Error(`${log.label}: ${result.error}`);
  // Where a log has no size of its cache, what is not its cache is compared.
  const told = log.kvTokens ?? log.kvSequences ?? log.kvGroupTokens;
  const kvCache =
    told === undefined && log.kvCache !== undefined
      ? { ...kvOfLog(log), ...memoryRange(log.kvCache * GIBI, log.kvCache * GIBI, log.kvCache * GIBI) }
      : kvOfLog(log);
  const terms = result.estimate.terms
    .map((term) => (term.name === kvCache.name ? kvCache : term))
    .filter((term) => term.name !== "graphs" || log.totalHoldsGraphs);
  return { ...result.estimate, ...sumRanges(terms), terms, kvBytes: kvCache.high };
}

/** HIP with the first kernels of a process: 532 MiB as KFD counts them (hipflex Demo, "alloc 100"), before which I5 had none. */
const FIRST_KERNELS = 532 * 1024 ** 2;

/**
 * What the log's engine would print as loaded. One that reads what the device has in use counts two things more: HIP's own
 * memory, where no collective operation had it made before; and the experts of a layer, which an fp8 checkpoint has laid out anew,
 * so that PyTorch's allocator keeps them, with the rows that are padded on ROCm.
 */
export function loadedOfLog(log: EngineLog, platform?: Platform): MemoryRange {
  const weights = estimateOfLog(log, platform).terms.filter(({ name }) => name === "weights");
  if (log.weightsAre === undefined) return sumRanges(weights);
  const { model, tensorParallel } = log;
  const dtype = resolvePrecision(model, log.serving.precision ?? "native");
  const experts = dtype === "fp8" ? largestExperts(log) + paddedRowBytes(model, dtype, tensorParallel) : 0;
  const more = experts + (tensorParallel === 1 ? FIRST_KERNELS : 0);
  return sumRanges([...weights, memoryRange(0, more, more)]);
}

const largestExperts = ({ model, tensorParallel }: EngineLog): number =>
  Math.max(
    ...rankMatrices(model, tensorParallel).map(({ matrices }) =>
      matrices
        .filter(({ part }) => part === "experts")
        .reduce((sum, { rows, width }) => sum + rows * width, 0),
    ),
  );

/** The same without the KV cache, so that the cache does not hide the rest. */
export function withoutKvCache(log: EngineLog, platform?: Platform): MemoryRange {
  return sumRanges(estimateOfLog(log, platform).terms.filter(({ name }) => name !== "KV cache"));
}

import { countParameters, totalParameters } from "../../../provider/models/shape/parameters.ts";
import { bytesPerWeight, resolvePrecision } from "../../../provider/models/shape/precision.ts";
import type { EngineLog } from "./engine-log.ts";
import { bytesPerToken } from "./ours.ts";

/** A published formula for the memory of one rank, in GiB. */
export interface Peer {
  readonly name: string;
  /** As published, and where. */
  readonly formula: string;
  readonly estimate: (log: EngineLog) => number;
  /** Of that, what it counts for the KV cache. @default nothing */
  readonly kvCache?: (log: EngineLog) => number;
}

const GIBI = 1024 ** 3;
const MEBI = 1024 ** 2;

/** Parameters times their width, or the checkpoint's own bytes: what every one of them begins with. */
function weightBytes({ model }: EngineLog): number {
  const dtype = resolvePrecision(model, "native");
  const stored = model.nativeDtype === dtype ? model.weightsBytes : undefined;
  return stored ?? (model.params ?? totalParameters(countParameters(model))) * bytesPerWeight(dtype);
}

const weights = (log: EngineLog): number => weightBytes(log) / GIBI / log.tensorParallel;

/** The tokens of the log; where it gives the size alone, those that the size holds. */
const tokens = (log: EngineLog): number =>
  log.kvTokens ?? Math.floor(((log.kvCache ?? 0) * GIBI) / bytesPerToken(log));

/** As logged. Who counts a KV cache counts the same as we do, so the exact one is lent to all alike. */
const kvCache = ({ kvCache }: EngineLog): number => kvCache ?? 0;

/** The larger of the table and one decoder layer. */
function largestLayer({ model }: EngineLog): number {
  const { hidden, vocab, layers } = model;
  const perLayer = (totalParameters(countParameters(model)) - vocab * hidden * (model.tied ? 1 : 2)) / layers;
  return (Math.max(perLayer, vocab * hidden) * 2) / GIBI;
}

/** Factors of its activations by ranks 1, 2, 4 and 8: of Llama-like models, and of mixtures of experts. */
const ACTIVATION_FACTOR = { dense: [11, 6.5, 5, 5], experts: [22, 13, 10, 10] } as const;

function activations({ model, serving, tensorParallel }: EngineLog): number {
  const factors = ACTIVATION_FACTOR[model.experts ? "experts" : "dense"];
  const factor = factors[Math.min(Math.round(Math.log2(tensorParallel)), 3)] ?? 5;
  const bytes = 2 * serving.maxNumBatchedTokens * model.heads * model.headDim * factor;
  return Math.max(bytes, 70 * MEBI) / GIBI;
}

const COLLECTIVES = [0, 342, 392, 392] as const;

const collectives = (ranks: number): number =>
  (COLLECTIVES[Math.min(Math.round(Math.log2(ranks)), 3)] ?? 392) / 1024;

/** Sequences that SGLang captures graphs for, by the memory of the card. */
function graphSequences({ card }: EngineLog): number {
  if (card === "MI300X") return 512;
  if (card.includes("80 GB")) return 256;
  return card.includes("24 GB") ? 24 : 32;
}

function allHeads(log: EngineLog): number {
  const { layers, hidden } = log.model;
  return (tokens(log) * 2 * layers * hidden * 2) / GIBI / log.tensorParallel;
}

function evenHeads(log: EngineLog): number {
  const { layers, hidden, heads, kvHeads } = log.model;
  return (tokens(log) * 2 * layers * kvHeads * (hidden / heads) * 2) / GIBI / log.tensorParallel;
}

export const PEERS: readonly Peer[] = [
  {
    name: "GPUStack",
    formula: "1.2 x weights + 2 GiB (gpustack@47277d79 gpustack/policies/utils.py)",
    estimate: (log) => 1.2 * weights(log) + 2,
  },
  {
    name: "GPUStack + KV",
    formula: "the same and the exact KV cache, which it does not count",
    estimate: (log) => 1.2 * weights(log) + 2 + kvCache(log),
    kvCache,
  },
  {
    name: "accelerate",
    formula: "weights + the largest layer (accelerate 1.15 estimate-memory)",
    estimate: (log) => weights(log) + largestLayer(log),
  },
  {
    name: "accelerate + KV",
    formula: "the same and the exact KV cache",
    estimate: (log) => weights(log) + largestLayer(log) + kvCache(log),
    kvCache,
  },
  {
    name: "AMD guide",
    formula: "weights + 2 x layers x hidden x 2 B a token (amdgpu-docs run-vllm.rst)",
    estimate: (log) => weights(log) + allHeads(log),
    kvCache: allHeads,
  },
  {
    name: "Ollama",
    formula: "weights + 2 x layers x KV heads x hidden/heads x 2 B a token + 457 MiB (ollama@fb307609)",
    estimate: (log) => weights(log) + evenHeads(log) + 457 / 1024,
    kvCache: evenHeads,
  },
  {
    name: "gguf-parser",
    formula: "weights + KV cache + 250 MiB (gguf-parser-go@8dc7a622; its graph term knows llama.cpp alone)",
    estimate: (log) => weights(log) + kvCache(log) + 250 / 1024,
    kvCache,
  },
  {
    name: "AIConfigurator",
    formula: "weights + activations + KV cache + collectives + 3.5 GiB (aiconfigurator-core 0.12.0)",
    estimate: (log) => weights(log) + activations(log) + kvCache(log) + collectives(log.tensorParallel) + 3.5,
    kvCache,
  },
  {
    name: "SGLang",
    formula: "weights + KV cache + its reserve (sglang 0.5.23 memory_hook.py)",
    estimate: (log) => {
      const { maxNumBatchedTokens } = log.serving;
      const reserve =
        512 +
        1.5 * Math.max(maxNumBatchedTokens, 2048) +
        (log.tensorParallel / 8) * 1024 +
        2 * graphSequences(log);
      const floor = /80 GB|MI300X/.test(log.card) ? 10 * 1024 : 0;
      return weights(log) + kvCache(log) + Math.max(reserve, floor) / 1024;
    },
    kvCache,
  },
];

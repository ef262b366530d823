import { type Bytes, bytes } from "../../bytes.ts";

/** What a start-up log of vLLM says of memory, of one rank. A line that is not there is undefined, never 0. */
export interface VllmLog {
  /** "0.33.0" */
  readonly version?: string;
  readonly weights?: Bytes;
  /** Peak of a profiling step, weights and what stays aside. */
  readonly activations?: Bytes;
  /** Outside PyTorch: context, libraries, communication. */
  readonly outsideTorch?: Bytes;
  /** Captured graphs. */
  readonly graphs?: Bytes;
  readonly kvCache?: Bytes;
  /** Tokens the KV cache holds; of a hybrid model derived, and not its capacity (vllm#51041). */
  readonly kvTokens?: number;
  /** How many sequences of `maxModelLen` fit at the same time. */
  readonly concurrency?: number;
  readonly maxModelLen?: number;
  readonly tensorParallel?: number;
  /** All memory of the device, as vLLM sees it. */
  readonly deviceMemory?: Bytes;
  /** `--gpu-memory-utilization` */
  readonly utilization?: number;
}

const NUMBER = String.raw`(\d[\d,]*(?:\.\d+)?)`;
const GIB = String.raw`\s?Gi?B`;

/** Releases say the same in different words; the first pattern that matches counts. */
const SIZES: Readonly<
  Record<
    "weights" | "activations" | "outsideTorch" | "graphs" | "kvCache" | "deviceMemory",
    readonly RegExp[]
  >
> = {
  weights: [
    pattern(String.raw`Model loading took ${NUMBER}${GIB}`),
    pattern(String.raw`Loading model weights took ${NUMBER}${GIB}`),
    pattern(String.raw`model weights take\s+${NUMBER}${GIB}`),
  ],
  activations: [
    pattern(String.raw`activation peak memory(?: takes)?\s+${NUMBER}${GIB}`),
    pattern(String.raw`${NUMBER}${GIB} for peak activation`),
    pattern(String.raw`torch peak memory increase: ${NUMBER}${GIB}`),
  ],
  outsideTorch: [
    pattern(String.raw`non_torch_memory(?: takes)?\s+${NUMBER}${GIB}`),
    pattern(String.raw`${NUMBER}${GIB} for non-torch memory`),
    pattern(String.raw`non-torch forward increase memory: ${NUMBER}${GIB}`),
  ],
  graphs: [
    pattern(String.raw`CUDA graph pool memory: ${NUMBER}${GIB} \(actual\)`),
    pattern(String.raw`Graph capturing finished in \d+ secs?, took ${NUMBER}${GIB}`),
    pattern(String.raw`${NUMBER}${GIB} for CUDAGraph memory`),
  ],
  kvCache: [
    pattern(String.raw`Available KV cache memory: ${NUMBER}${GIB}`),
    pattern(String.raw`reserved for KV Cache is ${NUMBER}${GIB}`),
    pattern(String.raw`available_kv_cache_memory\s+${NUMBER}${GIB}`),
    pattern(String.raw`Current kv cache memory in use is ${NUMBER}${GIB}`),
  ],
  deviceMemory: [
    pattern(String.raw`total_gpu_memory \(?\s*${NUMBER}${GIB}`),
    pattern(String.raw`Free memory on device \([\d.]+/${NUMBER}${GIB}\)`),
  ],
};

const COUNTS: Readonly<
  Record<"kvTokens" | "concurrency" | "maxModelLen" | "tensorParallel" | "utilization", readonly RegExp[]>
> = {
  kvTokens: [pattern(String.raw`KV cache size: ${NUMBER} tokens`)],
  concurrency: [pattern(String.raw`Maximum concurrency for [\d,]+ tokens per request: ${NUMBER}x`)],
  maxModelLen: [
    pattern(String.raw`Maximum concurrency for ${NUMBER} tokens per request`),
    pattern(String.raw`max_seq_len=${NUMBER}`),
  ],
  tensorParallel: [pattern(String.raw`tensor_parallel_size=${NUMBER}`)],
  utilization: [
    pattern(String.raw`gpu_memory_utilization \(?\s*${NUMBER}`),
    pattern(String.raw`Desired GPU memory utilization is \(${NUMBER}`),
  ],
};

const VERSION = /LLM engine \(v([\w.+-]+)\)|vLLM API server version ([\w.+-]+)/;

/** Tokens per block of releases that count their cache in blocks. */
const BLOCK_TOKENS = 16;
const BLOCKS = pattern(String.raw`# (?:GPU|CUDA|cuda|rocm) blocks: ${NUMBER}`);

function pattern(source: string): RegExp {
  return new RegExp(source);
}

/**
 * Reads a start-up log of vLLM, of any release since 0.5. Of several ranks the first that speaks counts; of a line that
 * comes again, the first.
 */
export function readVllmLog(text: string): VllmLog {
  const version = VERSION.exec(text);
  const blocks = first(text, [BLOCKS]);
  const weights = size(text, SIZES.weights);
  const read = {
    version: version?.[1] ?? version?.[2],
    weights,
    activations: size(text, SIZES.activations),
    outsideTorch: size(text, SIZES.outsideTorch) ?? consumedBeside(text, weights),
    graphs: size(text, SIZES.graphs),
    kvCache: size(text, SIZES.kvCache),
    deviceMemory: size(text, SIZES.deviceMemory),
    kvTokens: first(text, COUNTS.kvTokens) ?? (blocks === undefined ? undefined : blocks * BLOCK_TOKENS),
    concurrency: first(text, COUNTS.concurrency),
    maxModelLen: first(text, COUNTS.maxModelLen),
    tensorParallel: first(text, COUNTS.tensorParallel),
    utilization: first(text, COUNTS.utilization),
  };
  return Object.fromEntries(Object.entries(read).filter(([, value]) => value !== undefined)) as VllmLog;
}

/** vLLM 0.33 says what weights and the rest took together. */
function consumedBeside(text: string, weights: Bytes | undefined): Bytes | undefined {
  const consumed = size(text, [pattern(String.raw`${NUMBER}${GIB} for consumed memory`)]);
  if (consumed === undefined || weights === undefined) return undefined;
  return bytes(Math.max(consumed - weights, 0));
}

function first(text: string, patterns: readonly RegExp[]): number | undefined {
  const match = patterns.map((one) => one.exec(text)?.[1]).find((value) => value !== undefined);
  return match === undefined ? undefined : Number(match.replaceAll(",", ""));
}

/** Logs print GiB, whatever they call it. */
function size(text: string, patterns: readonly RegExp[]): Bytes | undefined {
  const gibibytes = first(text, patterns);
  return gibibytes === undefined ? undefined : bytes(Math.round(gibibytes * 1024 ** 3));
}

import * as fc from "fast-check";
import { expect, test } from "vitest";

import { bytes } from "../../../provider/bytes.ts";
import { readVllmLog } from "../../../provider/models/calibration/vllm-log.ts";

const gibibytes = (value: number) => bytes(Math.round(value * 1024 ** 3));

// Lines as the releases print them, around other lines; numbers of logs R2, R7 and of a run of 0.33.
const V0_ONE_LINE = `
INFO 02-11 07:40:49 llm_engine.py:234] Initializing a V0 LLM engine (v0.7.2) with config: model='/models/llama', max_seq_len=8192, tensor_parallel_size=1, dtype=torch.bfloat16
INFO 02-11 07:40:50 model_runner.py:1115] Loading model weights took 14.9888 GB
INFO 02-11 07:40:51 worker.py:266] the current vLLM instance can use total_gpu_memory (22.07GiB) x gpu_memory_utilization (0.90) = 19.86GiB
INFO 02-11 07:40:51 worker.py:266] model weights take 14.99GiB; non_torch_memory takes 0.05GiB; PyTorch activation peak memory takes 0.22GiB; the rest of the memory reserved for KV Cache is 4.60GiB.
INFO 02-11 07:40:51 executor_base.py:108] # CUDA blocks: 2356, # CPU blocks: 2048
INFO 02-11 07:40:51 executor_base.py:113] Maximum concurrency for 8192 tokens per request: 4.60x
INFO 02-11 07:41:10 model_runner.py:1562] Graph capturing finished in 19 secs, took 0.25 GiB`;

const V0_TABLE = `
INFO 12-13 19:54:18 worker.py:243] Memory profiling results:
INFO 12-13 19:54:18 worker.py:243] total_gpu_memory     79.22GiB
INFO 12-13 19:54:18 worker.py:243] gpu_memory_utilization       0.90
INFO 12-13 19:54:18 worker.py:243] model weights take   7.48GiB
INFO 12-13 19:54:18 worker.py:243] non_torch_memory     3.58GiB
INFO 12-13 19:54:18 worker.py:243] PyTorch activation peak memory       1.26GiB
INFO 12-13 19:54:18 worker.py:243] available_kv_cache_memory    58.98GiB`;

const V1 = `
(APIServer pid=1) INFO 09-02 20:11:01 [utils.py:325] vLLM API server version 0.33.0
(EngineCore pid=9) INFO 09-02 20:11:20 [gpu_model_runner.py:5089] Model loading took 15.0 GiB memory and 31.657031 seconds
(EngineCore pid=9) INFO 09-02 20:11:44 [gpu_worker.py:773] Available KV cache memory: 5.25 GiB
(EngineCore pid=9) INFO 09-02 20:11:44 [kv_cache_utils.py:1144] GPU KV cache size: 43,008 tokens, Maximum concurrency for 8,192 tokens per request: 5.25x
(EngineCore pid=9) INFO 09-02 20:12:01 [gpu_worker.py:1003] CUDA graph pool memory: 0.31 GiB (actual), 0.4 GiB (estimated), difference: 0.09 GiB (29.0%).
(EngineCore pid=9) INFO 09-02 20:12:01 [gpu_worker.py:1066] Free memory on device (23.8/24.0 GiB) on startup. Desired GPU memory utilization is (0.92, 22.08 GiB). Actual usage is 15.62 GiB for consumed memory (weights + non-torch), 0.89 GiB for peak activation, and 0.31 GiB for CUDAGraph memory. Current kv cache memory in use is 5.25 GiB.`;

test("a log of the older engine gives all terms", () => {
  expect(readVllmLog(V0_ONE_LINE)).toEqual({
    version: "0.7.2",
    weights: gibibytes(14.9888),
    activations: gibibytes(0.22),
    outsideTorch: gibibytes(0.05),
    graphs: gibibytes(0.25),
    kvCache: gibibytes(4.6),
    kvTokens: 2356 * 16,
    concurrency: 4.6,
    maxModelLen: 8192,
    tensorParallel: 1,
    deviceMemory: gibibytes(22.07),
    utilization: 0.9,
  });
});

test("its table of before says the same in other words", () => {
  expect(readVllmLog(V0_TABLE)).toEqual({
    weights: gibibytes(7.48),
    outsideTorch: gibibytes(3.58),
    activations: gibibytes(1.26),
    kvCache: gibibytes(58.98),
    deviceMemory: gibibytes(79.22),
    utilization: 0.9,
  });
});

test("a log of 0.33 does too; what is not PyTorch's is what was consumed beside the weights", () => {
  expect(readVllmLog(V1)).toEqual({
    version: "0.33.0",
    weights: gibibytes(15),
    activations: gibibytes(0.89),
    outsideTorch: gibibytes(15.62) - gibibytes(15),
    graphs: gibibytes(0.31),
    kvCache: gibibytes(5.25),
    kvTokens: 43_008,
    concurrency: 5.25,
    maxModelLen: 8192,
    deviceMemory: gibibytes(24),
    utilization: 0.92,
  });
});

test("a value that the log does not contain is absent, never 0", () => {
  expect(readVllmLog("")).toEqual({});
  expect(readVllmLog("INFO Available KV cache memory: 5.25 GiB")).toEqual({ kvCache: gibibytes(5.25) });
  expect(readVllmLog("GPU KV cache size: none tokens")).toEqual({});
});

test("the first rank in a log of several ranks counts", () => {
  const two = V0_TABLE + V0_TABLE.replace("3.58GiB", "9.99GiB");
  expect(readVllmLog(two).outsideTorch).toBe(gibibytes(3.58));
});

test("any text can be read, and gives no number that is none", () => {
  const fragment = fc.oneof(
    fc.string(),
    fc.constantFrom(...V0_ONE_LINE.split(" "), ...V1.split(" "), "1,,2", "99999999999999999999"),
  );
  fc.assert(
    fc.property(fc.array(fragment, { maxLength: 60 }), (fragments) => {
      const log = readVllmLog(fragments.join(" "));
      const numbers = Object.values(log).filter((value) => typeof value === "number");
      expect(numbers.filter((value) => !Number.isFinite(value) || value < 0)).toEqual([]);
    }),
  );
});

import * as fc from "fast-check";
import { expect, test } from "vitest";

import { gibibytes, mebibytes } from "../../../provider/bytes.ts";
import { calibrationOf, compareWithLog } from "../../../provider/models/calibration/calibration.ts";
import { readVllmLog } from "../../../provider/models/calibration/vllm-log.ts";
import { calibrationSchema } from "../../../provider/schema/serving.ts";
import { estimateOf, LLAMA_8B, termOf } from "../shapes.ts";

const LOG = readVllmLog(`
INFO Model loading took 14.99 GiB memory and 31.6 seconds
INFO worker: non_torch_memory takes 0.50GiB; PyTorch activation peak memory takes 0.25GiB
INFO CUDA graph pool memory: 0.30 GiB (actual), 0.4 GiB (estimated)
INFO Available KV cache memory: 5.25 GiB`);

const WEIGHTS = Math.round(14.99 * 1024 ** 3);

const RUN = { tensorParallel: 1, maxNumSeqs: 16, maxNumBatchedTokens: 2048 };

test("an estimate is laid beside a log, term by term, and what the log leaves out stays open", () => {
  const estimate = estimateOf(LLAMA_8B);
  const compared = compareWithLog(estimate, LOG);
  expect(compared.map(({ name }) => name)).toEqual([
    "weights",
    "KV cache",
    "activations",
    "graphs",
    "runtime",
  ]);
  expect(compared[0]).toMatchObject({ measured: WEIGHTS, within: true });
  expect(Math.abs(compared[0]?.error ?? 1)).toBeLessThan(0.015);
  const { weights: _, ...rest } = LOG;
  expect(compareWithLog(estimate, rest)[0]).toEqual({
    name: "weights",
    estimated: termOf(estimate, "weights").best,
  });
});

test("communication is compared with the rest that is not PyTorch's, as vLLM measures it", () => {
  const estimate = estimateOf(LLAMA_8B, {}, 2);
  const runtime = compareWithLog(estimate, LOG).find(({ name }) => name === "runtime");
  expect(runtime?.estimated).toBe(termOf(estimate, "runtime").best + mebibytes(1024));
});

test("a calibration takes the place of the formulas, two per cent and a printed digit around it", () => {
  const calibration = calibrationOf(LOG, RUN);
  expect(calibrationSchema.parse(calibration)).toEqual({
    ...RUN,
    weightsBytes: WEIGHTS,
    activationsBytes: gibibytes(1) / 4,
    graphsBytes: Math.round(0.3 * 1024 ** 3),
    runtimeBytes: gibibytes(1) / 2,
  });
  const plain = estimateOf(LLAMA_8B);
  const calibrated = estimateOf(LLAMA_8B, { calibration });
  expect(termOf(calibrated, "activations")).toMatchObject({ best: gibibytes(1) / 4, calibrated: true });
  expect(termOf(calibrated, "weights").high).toBe(Math.ceil(WEIGHTS * 1.02 + 0.01 * 1024 ** 3));
  expect(termOf(calibrated, "KV cache")).toEqual(termOf(plain, "KV cache"));
  expect(calibrated.high).toBeLessThan(plain.high - gibibytes(1));
  expect(calibrated.high - calibrated.low).toBeLessThan(plain.high - plain.low);
});

test("a calibration of other ranks or of a smaller batch is ignored", () => {
  const calibration = calibrationOf(LOG, RUN);
  expect(estimateOf(LLAMA_8B, { calibration }, 2)).toEqual(estimateOf(LLAMA_8B, {}, 2));
  const larger = estimateOf(LLAMA_8B, { calibration, maxNumSeqs: 32 });
  const plain = estimateOf(LLAMA_8B, { maxNumSeqs: 32 });
  expect(termOf(larger, "activations")).toEqual(termOf(plain, "activations"));
  expect(termOf(larger, "graphs")).toEqual(termOf(plain, "graphs"));
  expect(termOf(larger, "runtime")).toMatchObject({ best: gibibytes(1) / 2 });
});

test("a runtime that was measured on two ranks includes communication", () => {
  const calibration = calibrationOf(LOG, { ...RUN, tensorParallel: 2 });
  const estimate = estimateOf(LLAMA_8B, { calibration }, 2);
  expect(termOf(estimate, "communication")).toMatchObject({ low: 0, high: 0 });
  expect(termOf(estimate, "runtime").best).toBe(gibibytes(1) / 2);
});

test("a calibration without sizes changes nothing, and bounds stay in order with any calibration", () => {
  expect(estimateOf(LLAMA_8B, { calibration: RUN })).toEqual(estimateOf(LLAMA_8B));
  const size = fc.option(fc.nat(2 ** 36), { nil: undefined });
  const sizes = fc.record({
    weightsBytes: size,
    activationsBytes: size,
    graphsBytes: size,
    runtimeBytes: size,
  });
  fc.assert(
    fc.property(sizes, (measured) => {
      const known = Object.fromEntries(Object.entries(measured).filter(([, value]) => value !== undefined));
      const { terms } = estimateOf(LLAMA_8B, { calibration: { ...RUN, ...known } });
      for (const { low, best, high } of terms) expect(low <= best && best <= high).toBe(true);
    }),
  );
});

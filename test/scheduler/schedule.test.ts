import { expect, test } from "vitest";

import { bytes, gibibytes, mebibytes } from "../../provider/bytes.ts";
import type { PlacementProblem } from "../../provider/scheduler/advice/placement-problem.ts";
import { findRemedies } from "../../provider/scheduler/advice/remedies.ts";
import type { Remedy } from "../../provider/scheduler/advice/remedy.ts";
import { comparable } from "../../provider/scheduler/comparable.ts";
import type { Reservation } from "../../provider/scheduler/occupancy/pool.ts";
import { schedule } from "../../provider/scheduler/schedule.ts";
import type { ScheduleOptionsArgs } from "../../provider/schema/placement.ts";
import { mi300xLayout } from "../support/mi300x.ts";
import { problem } from "./problems.ts";

const LLAMA = "meta-llama/Llama-3.1-8B-Instruct";

const hold = (key: string, deviceIds: readonly string[], size: number): Reservation => ({
  key,
  hostId: "h",
  deviceIds,
  bytesPerDevice: gibibytes(size),
});

test("Llama-3.1-8B with 16 sequences of 8192 tokens takes two CPX devices, and the answer adds up", () => {
  const outcome = schedule(problem(LLAMA, { precision: "fp16", maxModelLen: 8192, maxNumSeqs: 16 }));
  expect(outcome).toMatchObject({
    success: true,
    how: "new",
    placement: {
      tensorParallel: 2,
      devices: [
        { id: "0000:0c:00.0", index: 0 },
        { id: "0000:0c:00.1", index: 1 },
      ],
    },
    explanation: [
      "on each of 0000:0c:00.0, 0000:0c:00.1",
      "weights 7.6 GiB + KV cache 8.0 GiB + activations 226 MiB + graphs 538 MiB + communication 1.8 GiB + runtime 1.9 GiB = 20.1 GiB",
      "20.1 GiB <= 23.9 GiB usable on 0000:0c:00.0",
    ],
    notes: [
      {
        code: "fewer-ranks-refused",
        text: "the model does not fit on 1 device: weights 15.2 GiB + KV cache 16.0 GiB + activations 310 MiB + graphs 538 MiB + runtime 1.9 GiB = 33.9 GiB > 23.9 GiB free on 0000:0c:00.0",
      },
      {
        code: "one-device-enough",
        data: { changes: ["kvCacheTokens 49008", "maxNumSeqs 6", "maxModelLen 3056"] },
      },
    ],
  });
  expect(outcome.success && outcome.reservation).toEqual({
    key: "key",
    model: LLAMA,
    hostId: "h",
    deviceIds: ["0000:0c:00.0", "0000:0c:00.1"],
    bytesPerDevice: outcome.success && outcome.memory.high,
  });
  expect(outcome.success && outcome.warnings).toEqual([expect.stringContaining("2 ranks on partitions")]);
});

test("with fewer sequences it takes one", () => {
  const outcome = schedule(problem(LLAMA, { precision: "fp16", maxNumSeqs: 6 }));
  expect(outcome).toMatchObject({ success: true, placement: { tensorParallel: 1 }, notes: [], warnings: [] });
});

test("the explanation is the same whether the model is new or stays, with neighbours and without", () => {
  const asked = problem("Qwen/Qwen2.5-0.5B", {});
  const first = schedule(asked);
  if (!first.success) throw new Error(first.error);
  const neighbour = hold("neighbour", first.reservation.deviceIds, 10);
  const again = schedule({ ...asked, reservations: [first.reservation, neighbour] });
  expect(again).toMatchObject({
    success: true,
    how: "kept",
    explanation: first.explanation,
    warnings: first.warnings,
    notes: [
      {
        code: "device-shared",
        data: { deviceId: "0000:0c:00.0", keys: ["neighbour"], claim: "5.0 GiB", free: "13.9 GiB" },
      },
    ],
  });
});

test("a refusal shows the inequality that failed and every single change that would help", () => {
  const outcome = schedule(problem(LLAMA, { precision: "fp16", tensorParallel: 1 }));
  expect(outcome).toEqual({
    success: false,
    error: [
      "meta-llama/Llama-3.1-8B-Instruct does not fit:",
      "  1 device of 0000:0c:00.0 (and 7 more GPUs with the same numbers): weights 15.2 GiB + KV cache 16.0 GiB + activations 310 MiB + graphs 538 MiB + runtime 1.9 GiB = 33.9 GiB > 23.9 GiB free on 0000:0c:00.0",
      "Any one of these changes would make it fit:",
      "  kvCacheTokens 49008",
      "  maxNumSeqs 6",
      "  maxModelLen 3056",
      "  tensorParallel 2",
      "  a GPU of its own in SPX/NPS1 (192.0 GiB per device)",
    ].join("\n"),
    nearest: [
      {
        hostId: "h",
        gpu: "0000:0c:00.0",
        alike: 7,
        refusal: expect.objectContaining({ kind: "memory" }) as unknown,
      },
    ],
    remedies: expect.any(Array) as unknown,
  });
});

test("a refusal shows the three nearest candidates, with the sum once for each number of ranks", () => {
  const layout = mi300xLayout(["SPX", "SPX", "SPX", "SPX", "SPX"], "NPS1");
  const full = [100, 130, 160, 170, 180].map((size, gpu) =>
    hold(`tenant-${gpu}`, [layout.devices[gpu]?.id ?? ""], size),
  );
  const outcome = schedule(problem("Qwen/Qwen3-32B", { maxNumSeqs: 64 }, layout, full));
  expect(outcome.success ? "" : outcome.error.split("\n").slice(0, 5)).toEqual([
    "Qwen/Qwen3-32B does not fit:",
    expect.stringMatching(
      /^ {2}1 device of 0000:0c:00\.0: weights .* = 195\.3 GiB > 91\.9 GiB free on 0000:0c:00\.0$/,
    ),
    "  1 device of 0000:0d:00.0: 195.3 GiB > 61.9 GiB free on 0000:0d:00.0",
    "  1 device of 0000:0e:00.0: 195.3 GiB > 31.9 GiB free on 0000:0e:00.0",
    "Any one of these changes would make it fit:",
  ]);
});

/** The options after the advice was taken. */
function taking(asked: PlacementProblem, remedy: Remedy): PlacementProblem {
  const value = remedy.value === "none" ? undefined : remedy.value === "false" ? false : remedy.value;
  return { ...asked, options: { ...asked.options, [remedy.property]: value } };
}

/** A little less of a sacrifice than was advised, where there is such a thing. */
function oneMore(remedy: Remedy): Remedy | undefined {
  const step = { maxNumSeqs: 1, maxModelLen: 16, kvCacheTokens: 16 }[remedy.property as "maxNumSeqs"];
  return typeof remedy.value === "number" && step ? { ...remedy, value: remedy.value + step } : undefined;
}

test.each([
  [LLAMA, { tensorParallel: 1 }],
  ["meta-llama/Llama-3.1-70B", {}],
  ["google/gemma-3-27b-it", { tensorParallel: 4 }],
  ["Qwen/Qwen3-32B", { tensorParallel: 4, maxNumSeqs: 64 }],
  ["Qwen/Qwen2.5-0.5B", { maxNumSeqs: 1024, tensorParallel: 1 }],
] as const)("advice for %s with %o is true, and a little more would not do", (id, options) => {
  const asked = problem(id, options);
  const remedies = findRemedies(asked).filter(({ property }) => property !== "layout");
  const untrue = remedies.filter((remedy) => !schedule(taking(asked, remedy)).success);
  const tooCautious = remedies
    .map(oneMore)
    .filter((remedy) => remedy && schedule(taking(asked, remedy)).success);
  expect(remedies.length).toBeGreaterThan(0);
  expect({ untrue, tooCautious }).toEqual({ untrue: [], tooCautious: [] });
});

test("advice names the model in the way, the pin, and being alone, when it is these", () => {
  const spx = mi300xLayout(["SPX", "SPX"], "NPS1");
  const full = [hold("tenant-a", ["0000:0c:00.0"], 100), hold("tenant-b", ["0000:0d:00.0"], 150)];
  const properties = (options: ScheduleOptionsArgs) =>
    findRemedies(problem(LLAMA, options, spx, full)).map(({ property, value }) => [property, value]);
  expect(properties({ exclusive: true })).toEqual([
    ["exclusive", "false"],
    ["reservations", "tenant-a"],
  ]);
  expect(properties({ pin: { gpus: ["0000:0d:00.0"] }, maxNumSeqs: 64 })).toEqual(
    expect.arrayContaining([
      ["pin", "none"],
      ["reservations", "tenant-b"],
    ]),
  );
});

test("a model that is too large for everything there is gets no false hope", () => {
  expect(schedule(problem("deepseek-ai/DeepSeek-V3", {}))).toMatchObject({
    success: false,
    error: expect.stringMatching(/No single change would make it fit\.$/) as unknown,
    remedies: [],
  });
});

test("options that the engine would refuse are refused before any device is considered", () => {
  expect(schedule(problem("Qwen/Qwen3-8B", { maxModelLen: 65_536 }))).toEqual({
    success: false,
    error: "maxModelLen 65536 is above the longest context of Qwen/Qwen3-8B, 40960 tokens",
    nearest: [],
    remedies: [],
  });
  expect(schedule(problem("Qwen/Qwen2.5-7B", { tensorParallel: 8 }))).toMatchObject({
    success: false,
    error:
      "Qwen/Qwen2.5-7B in bf16 cannot be divided over 8 devices: its attention heads and layer widths allow 1, 2, 4",
  });
});

test("two sides of an inequality are never printed as equal when they differ", () => {
  expect(comparable(gibibytes(20), gibibytes(24))).toEqual(["20.0 GiB", "24.0 GiB"]);
  expect(comparable(bytes(gibibytes(24) + mebibytes(5)), gibibytes(24))).toEqual([
    "24.005 GiB",
    "24.000 GiB",
  ]);
  expect(comparable(bytes(25_769_803_777), gibibytes(24))).toEqual(["25769803777 B", "25769803776 B"]);
  expect(comparable(gibibytes(24), gibibytes(24))).toEqual(["24.0 GiB", "24.0 GiB"]);
});

test("a model that runs is asked for what it holds, whatever it would be estimated at now", () => {
  const asked = problem(LLAMA, { precision: "fp16", maxNumSeqs: 6 });
  const first = schedule(asked);
  if (!first.success) throw new Error(first.error);
  const held = { tensorParallel: 1, bytesPerDevice: gibibytes(15) };
  const again = schedule({ ...asked, held, reservations: [hold("key", first.reservation.deviceIds, 15)] });
  expect(again).toMatchObject({
    success: true,
    how: "kept",
    placement: { tensorParallel: 1, bytesPerDevice: gibibytes(15) },
  });
});

import { expect, test } from "vitest";

import { UnknownPartitionError, ArgumentError } from "../../provider/argument-errors.ts";
import { gibibytes } from "../../provider/bytes.ts";
import { ModelScheduler } from "../../provider/scheduler/model-scheduler.ts";
import type { ModelArgs } from "../../provider/schema/model-spec.ts";
import { cpxNode, mi300xLayout } from "../support/mi300x.ts";

const SMALL = "Qwen/Qwen2.5-0.5B";

function scheduled(scheduler: ModelScheduler, ...call: Parameters<ModelScheduler["scheduleModel"]>) {
  const result = scheduler.scheduleModel(...call);
  if (!result.success) throw new Error(result.error);
  return result;
}

test("a model is scheduled, wired and released", () => {
  const scheduler = new ModelScheduler(cpxNode());
  const llama = scheduled(scheduler, "meta-llama/Llama-3.1-8B-Instruct", { precision: "fp16" });
  expect(llama.partitionIds).toEqual(["0000:0c:00.0", "0000:0c:00.1"]);
  expect(llama.partitionId).toBe("0000:0c:00.0");
  expect(scheduler.partitionEnvironment(llama.partitionIds)).toEqual({ ROCR_VISIBLE_DEVICES: "0,1" });

  const gemma = scheduled(scheduler, "google/gemma-2-9b", { maxModelLen: 4096, maxNumSeqs: 1 });
  expect(gemma.partitionIds).toEqual(["0000:0c:00.2"]);
  expect(scheduler.partitionEnvironment(gemma.partitionId)).toEqual({ ROCR_VISIBLE_DEVICES: "2" });

  expect(scheduler.deallocateModel(llama.name)).toEqual(llama.partitionIds);
  expect(scheduler.deallocateModel(llama.name)).toEqual([]);
  expect(scheduler.reservations.map(({ key }) => key)).toEqual(["google/gemma-2-9b"]);
});

test("every call without a name is one more copy; with a name the same call answers the same", () => {
  const scheduler = new ModelScheduler(cpxNode());
  expect(scheduled(scheduler, SMALL).name).toBe(SMALL);
  expect(scheduled(scheduler, SMALL).name).toBe(`${SMALL}#2`);
  const named = scheduled(scheduler, SMALL, { name: "chat", exclusive: true });
  expect(scheduled(scheduler, SMALL, { name: "chat", exclusive: true })).toEqual(named);
  expect(scheduler.reservations).toHaveLength(3);
});

test("a small model shares the device of another, an exclusive one does not", () => {
  const scheduler = new ModelScheduler(cpxNode());
  scheduled(scheduler, SMALL, { name: "a" });
  expect(scheduled(scheduler, SMALL, { name: "b" }).partitionId).toBe("0000:0c:00.0");
  expect(scheduled(scheduler, SMALL, { name: "c", exclusive: true }).partitionId).toBe("0000:0c:00.1");
});

test("utilization tells what every partition holds, and what is available leaves out the full and the exclusive", () => {
  const scheduler = new ModelScheduler(mi300xLayout(["QPX"], "NPS1"));
  const one = scheduled(scheduler, SMALL, { name: "one", exclusive: true });
  const [first, second] = scheduler.partitionUtilization();
  expect(first).toMatchObject({
    partitionId: "0000:0c:00.0",
    models: ["one"],
    exclusive: true,
    used: one.memory.high,
  });
  expect(first?.utilization).toBeCloseTo(one.memory.high / (206_141_652_992 / 4), 12);
  expect((first?.used ?? 0) + (first?.free ?? 0) + (first?.reserve ?? 0)).toBe(first?.capacity);
  expect(second).toMatchObject({ models: [], used: 0, utilization: 0 });
  expect(scheduler.availablePartitions().map(({ partitionId }) => partitionId)).toEqual([
    "0000:0c:00.1",
    "0000:0c:00.2",
    "0000:0c:00.3",
  ]);
});

test("a mistake in the call is an answer with the field's name", () => {
  const scheduler = new ModelScheduler(cpxNode());
  const error = (...call: Parameters<ModelScheduler["scheduleModel"]>) => {
    const result = scheduler.scheduleModel(...call);
    return result.success ? "" : result.error;
  };
  expect(error("meta-llama/Llama-3.1-8")).toMatch(
    /is not in the catalog; did you mean meta-llama\/Llama-3\.1-8B/,
  );
  expect(error(SMALL, { maxNumSeqs: 0 })).toMatch(/^options\.maxNumSeqs: /);
  expect(error(SMALL, { maxSeqs: 4 } as never)).toBe('options: Unrecognized key: "maxSeqs"');
  expect(error({ name: "x", layers: "2" } as unknown as ModelArgs)).toMatch(/^model: layers: .*number/);
  expect(scheduler.reservations).toEqual([]);
});

test("a model that no catalog knows is given by its shape", () => {
  const scheduler = new ModelScheduler(cpxNode());
  const result = scheduled(
    scheduler,
    {
      name: "/models/tiny",
      layers: 12,
      hidden: 768,
      heads: 12,
      ffn: 3072,
      vocab: 50_272,
      params: 125_239_296,
      dtype: "fp16",
      maxContext: 2048,
    },
    { maxNumSeqs: 8 },
  );
  expect(result).toMatchObject({
    name: "/models/tiny",
    serving: { maxModelLen: 2048 },
    partitionIds: ["0000:0c:00.0"],
  });
});

const on = (key: string, deviceIds: readonly string[], size: number, exclusive?: true) => ({
  key,
  hostId: "host",
  deviceIds,
  bytesPerDevice: gibibytes(size),
  ...(exclusive && { exclusive }),
});

test("validate finds what reservations of others break", () => {
  const reservations = [
    on("fat", ["0000:0c:00.0"], 24),
    on("alone", ["0000:0c:00.1"], 4, true),
    on("guest", ["0000:0c:00.1"], 4),
    on("ghost", ["0000:ff:00.0"], 1),
    on("ghost", ["0000:0c:00.7"], 1),
    on("domain", ["0000:0c:00.4", "0000:0c:00.5"], 25),
  ];
  const violations = new ModelScheduler(mi300xLayout(["CPX"], "NPS4"), { reservations }).validate();
  expect(violations).toMatchObject([
    { code: "key-reserved-twice", data: { key: "ghost" } },
    { code: "unknown-device-reserved", data: { key: "ghost", deviceId: "0000:ff:00.0" } },
    { code: "device-overcommitted", data: { deviceId: "0000:0c:00.0", used: gibibytes(24) } },
    { code: "exclusive-device-shared", data: { deviceId: "0000:0c:00.1", keys: ["alone", "guest"] } },
    { code: "device-overcommitted", data: { deviceId: "0000:0c:00.4" } },
    { code: "device-overcommitted", data: { deviceId: "0000:0c:00.5" } },
    { code: "domain-overcommitted", data: { domainId: "0000:0c:00/nps4.2", used: gibibytes(50) } },
  ]);
  expect(new ModelScheduler(cpxNode()).validate()).toEqual([]);
});

test("an environment is only given for partitions of one host that exist", () => {
  const layout = mi300xLayout(["CPX"], "NPS4");
  const scheduler = new ModelScheduler([
    { hostId: "one", layout },
    { hostId: "two", layout },
  ]);
  expect(scheduler.partitionEnvironment("0000:0c:00.3", "two")).toEqual({ ROCR_VISIBLE_DEVICES: "3" });
  expect(() => scheduler.partitionEnvironment("0000:0c:00.3")).toThrow(UnknownPartitionError);
  expect(() => scheduler.partitionEnvironment("0000:0c:00.3")).toThrow("one and two; name the host");
  expect(() => scheduler.partitionEnvironment("0000:0c:00.9", "one")).toThrow("is not in the layout");
  expect(() => scheduler.partitionEnvironment([])).toThrow(ArgumentError);
});

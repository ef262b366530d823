import { expect, test } from "vitest";

import { gibibytes } from "../../../provider/bytes.ts";
import { containerDevices } from "../../../provider/render/container.ts";
import { visibleDevices } from "../../../provider/render/environment.ts";
import type { PlacementProblem } from "../../../provider/scheduler/advice/placement-problem.ts";
import { poolOf, type Reservation } from "../../../provider/scheduler/occupancy/pool.ts";
import { planCapacity } from "../../../provider/scheduler/plan-capacity.ts";
import { scheduleFleet } from "../../../provider/scheduler/schedule-fleet.ts";
import { schedule } from "../../../provider/scheduler/schedule.ts";
import { distributeRanks } from "../../../provider/scheduler/solver/distribute-ranks.ts";
import { type ScheduleOptionsArgs, scheduleOptionsSchema } from "../../../provider/schema/placement.ts";
import type { Layout } from "../../../provider/topology/layout.ts";
import type { ComputeMode } from "../../../provider/topology/modes.ts";
import { shapeOf } from "../../support/catalog-shape.ts";
import { cpxNode, gpuAddress, mi300xLayout } from "../../support/mi300x.ts";
import { problem } from "../problems.ts";

const LLAMA_405B = "meta-llama/Llama-3.1-405B-Instruct";
const DEEPSEEK = "deepseek-ai/DeepSeek-V3";

const inMode = (mode: ComputeMode, gpus: number): Layout =>
  mi300xLayout(Array<ComputeMode>(gpus).fill(mode), "NPS1");

function placed(asked: PlacementProblem) {
  const outcome = schedule(asked);
  if (!outcome.success) throw new Error(outcome.error);
  const { devices } = outcome.placement;
  return { ...outcome, devices, gpus: [...new Set(devices.map((device) => device.gpu))] };
}

const request = (key: string, id: string, options: ScheduleOptionsArgs) => ({
  key,
  shape: shapeOf(id),
  options: scheduleOptionsSchema.parse(options),
});

const room = (ranks: number, free: number) => ({ ranks, free });

test("a model that no GPU holds is refused with the span that would, and that span does", () => {
  const refused = schedule(problem(LLAMA_405B, {}, inMode("SPX", 8)));
  expect(refused).toMatchObject({
    success: false,
    remedies: [{ property: "span", value: "host", code: "span-host", data: { devices: 8, gpus: 8 } }],
  });
  const { gpus, devices, warnings } = placed(problem(LLAMA_405B, { span: "host" }, inMode("SPX", 8)));
  expect(gpus).toHaveLength(8);
  expect(visibleDevices(devices)).toEqual({ ROCR_VISIBLE_DEVICES: "0,1,2,3,4,5,6,7" });
  expect(warnings.join()).not.toMatch(/communication/);
});

test.each([
  [DEEPSEEK, {}, "SPX", 4, 4],
  [DEEPSEEK, { precision: "bf16" }, "SPX", 8, 8],
  [LLAMA_405B, {}, "SPX", 8, 8],
  [LLAMA_405B, { precision: "fp8" }, "SPX", 4, 4],
  ["meta-llama/Llama-3.1-70B-Instruct", {}, "CPX", 16, 2],
  ["meta-llama/Llama-3.1-70B-Instruct", { maxNumSeqs: 4 }, "SPX", 1, 1],
] as const)("%s with %o on MI300X in %s takes %i ranks on %i GPUs", (id, options, mode, ranks, count) => {
  const { gpus, devices } = placed(problem(id, { span: "host", ...options }, inMode(mode, 8)));
  expect([devices.length, gpus.length]).toEqual([ranks, count]);
});

test("ranks on partitions of several GPUs are warned of with what AMD measured", () => {
  const { warnings } = placed(problem("meta-llama/Llama-3.1-70B-Instruct", { span: "host" }, cpxNode()));
  expect(warnings).toContainEqual(
    expect.stringMatching(/^16 ranks on partitions of 2 GPUs spend .* 26 GB\/s for 64 ranks/),
  );
});

test("a gang that is on several GPUs stays while it may, but moves when it must be is on one", () => {
  const asked = { span: "host", tensorParallel: 2, maxNumSeqs: 1, maxModelLen: 1024 } as const;
  const id = "meta-llama/Llama-3.1-8B-Instruct";
  const two = mi300xLayout(["DPX", "DPX"], "NPS1");
  const own: Reservation = {
    key: "key",
    hostId: "h",
    deviceIds: ["0000:0c:00.1", "0000:0d:00.0"],
    bytesPerDevice: gibibytes(20),
  };
  expect(placed(problem(id, asked, two, [own]))).toMatchObject({ how: "kept", gpus: { length: 2 } });
  const narrow = placed(problem(id, { ...asked, span: "gpu" }, two, [own]));
  expect(narrow).toMatchObject({ how: "moved", gpus: { length: 1 } });
});

test("GPUs that are cut differently do not work on one model", () => {
  const mixed = mi300xLayout(["SPX", "DPX", "SPX", "DPX"], "NPS1");
  const options = { span: "host", tensorParallel: 4, precision: "fp8", maxNumSeqs: 1 } as const;
  const { devices, gpus } = placed(problem("meta-llama/Llama-3.1-70B-Instruct", options, mixed));
  expect(gpus).toEqual([gpuAddress(1), gpuAddress(3)]);
  expect(devices.map((device) => device.index)).toEqual([1, 2, 4, 5]);
});

test("a container that maps the devices of several GPUs numbers them from 0 in the order of ranks", () => {
  const nodes = ["/dev/dri/renderD128", "/dev/dri/renderD136"];
  expect(containerDevices(nodes, ["44"])).toMatchObject({
    devices: ["/dev/kfd", ...nodes],
    env: { ROCR_VISIBLE_DEVICES: "0,1" },
  });
});

test("a fleet places a model over a host beside those it leaves room for, and proves it", () => {
  const pool = poolOf([
    { hostId: "a", layout: inMode("SPX", 8) },
    { hostId: "b", layout: inMode("SPX", 8) },
  ]);
  const requests = [
    request("r1", DEEPSEEK, { span: "host" }),
    request("405b", LLAMA_405B, { span: "host" }),
    ...Array.from({ length: 8 }, (_, number) =>
      request(`small-${number}`, "meta-llama/Llama-3.1-8B-Instruct", { maxNumSeqs: 4 }),
    ),
  ];
  const { placements, proof } = scheduleFleet(pool, [], requests);
  expect(placements).toHaveLength(requests.length);
  expect(proof).toMatchObject({ optimal: true, extraGpus: { value: 10, atLeast: 10 } });
  const hostOf = (key: string) => placements.find((one) => one.key === key)?.hostId;
  expect(hostOf("r1")).not.toBe(hostOf("405b"));
});

test("planCapacity finds the layout for a model over a host only with the span", () => {
  const host = { name: "node", accelerator: "MI300X", gpus: 8 } as const;
  const ask = (span: "gpu" | "host") => planCapacity({ big: { model: LLAMA_405B, span } }, [host]);
  expect(ask("gpu")).toMatchObject({ ok: true, fits: false });
  expect(ask("host")).toMatchObject({ ok: true, fits: true });
});

test("ranks are dealt to the fewest GPUs, and the last of them is the one they fill best", () => {
  const rooms = [room(3, 30), room(8, 80), room(4, 40), room(8, 70)];
  expect(distributeRanks(rooms, 11, "pack")).toEqual([
    { gpu: 0, ranks: 3 },
    { gpu: 3, ranks: 8 },
  ]);
  expect(distributeRanks(rooms, 9, "spread")).toEqual([
    { gpu: 0, ranks: 1 },
    { gpu: 1, ranks: 8 },
  ]);
  expect(distributeRanks(rooms, 24, "pack")).toBeUndefined();
});

import { expect, test } from "vitest";

import { ArgumentError } from "../../../provider/argument-errors.ts";
import { type Bytes, gibibytes, mebibytes } from "../../../provider/bytes.ts";
import { type Diagnosis, diagnose } from "../../../provider/scheduler/advice/diagnose.ts";
import { deviceReserve } from "../../../provider/scheduler/occupancy/kernel-reserve.ts";
import {
  type HostedDomain,
  type Pool,
  poolOf,
  type Reservation,
} from "../../../provider/scheduler/occupancy/pool.ts";
import type { Placement, PlacementRequest } from "../../../provider/scheduler/request.ts";
import { placeAll } from "../../../provider/scheduler/solver/place-all.ts";
import { place, type Placed, placeOne, questionOf } from "../../../provider/scheduler/solver/place.ts";
import { reservationOf } from "../../../provider/scheduler/solver/placements.ts";
import type { ComputeMode, MemoryMode } from "../../../provider/topology/modes.ts";
import { MI300X_MEMORY, mi300xLayout } from "../../support/mi300x.ts";

const poolWith = (compute: readonly ComputeMode[], memory: MemoryMode): Pool =>
  poolOf([{ hostId: "h", layout: mi300xLayout(compute, memory) }]);

const ask = (
  key: string,
  gibibytesPerDevice: number,
  extra: Partial<PlacementRequest> = {},
): PlacementRequest => ({
  key,
  demandByTensorParallel: new Map([[1, gibibytes(gibibytesPerDevice)]]),
  tensorParallel: "auto",
  strategy: "pack",
  exclusive: false,
  ...extra,
});

const hold = (
  key: string,
  deviceIds: readonly string[],
  size: number,
  extra: Partial<Reservation> = {},
): Reservation => ({
  key,
  hostId: "h",
  deviceIds,
  bytesPerDevice: gibibytes(size),
  ...extra,
});

function placed(result: Placed | undefined): Placement {
  if (!result) throw new Error("not placed");
  return result.placement;
}

/** Why the request has no place in any of its sizes. */
function refusal(pool: Pool, reservations: readonly Reservation[], request: PlacementRequest): Diagnosis {
  const question = questionOf(pool, reservations, request);
  expect(placeOne(question)).toBeUndefined();
  return diagnose(question.occupancy, question.workload);
}

const idsOf = (placement: Placement): readonly string[] => placement.devices.map((device) => device.id);

test("the first model of an empty node takes the first device", () => {
  expect(idsOf(placed(place(poolWith(["CPX", "CPX"], "NPS4"), [], ask("a", 20))))).toEqual(["0000:0c:00.0"]);
});

test("packing fills the tightest device that still has room", () => {
  const reservations = [hold("big", ["0000:0c:00.1"], 10), hold("bigger", ["0000:0c:00.4"], 14)];
  const cpx = poolWith(["CPX"], "NPS4");
  expect(idsOf(placed(place(cpx, reservations, ask("a", 9))))).toEqual(["0000:0c:00.4"]);
  expect(idsOf(placed(place(cpx, reservations, ask("a", 12))))).toEqual(["0000:0c:00.1"]);
  expect(idsOf(placed(place(cpx, reservations, ask("a", 20))))).toEqual(["0000:0c:00.0"]);
});

test("packing prefers the GPU that is in use already and keeps the other whole", () => {
  const reservations = [hold("x", ["0000:0d:00.0"], 20)];
  expect(idsOf(placed(place(poolWith(["CPX", "CPX"], "NPS4"), reservations, ask("a", 20))))).toEqual([
    "0000:0d:00.1",
  ]);
});

test("spreading takes the least loaded memory domain, then the least loaded GPU", () => {
  const cpx = poolWith(["CPX", "CPX"], "NPS4");
  const spread = { strategy: "spread" as const };
  const reservations: Reservation[] = [];
  const seen: string[] = [];
  for (const key of ["a", "b", "c", "d", "e", "f", "g", "h", "i"]) {
    const placement = placed(place(cpx, reservations, ask(key, 10, spread)));
    reservations.push(reservationOf(placement));
    seen.push(...idsOf(placement));
  }
  // Every second device first, one GPU after the other; with all eight domains in use, the neighbours.
  expect(seen).toEqual([
    "0000:0c:00.0",
    "0000:0d:00.0",
    "0000:0c:00.2",
    "0000:0d:00.2",
    "0000:0c:00.4",
    "0000:0d:00.4",
    "0000:0c:00.6",
    "0000:0d:00.6",
    "0000:0c:00.1",
  ]);
});

test("ranks of a spread model go to different domains, those of a packed one to neighbours", () => {
  const four = { demandByTensorParallel: new Map([[4, gibibytes(20)]]) };
  const cpx = poolWith(["CPX"], "NPS4");
  expect(idsOf(placed(place(cpx, [], ask("a", 0, { ...four, strategy: "spread" }))))).toEqual([
    "0000:0c:00.0",
    "0000:0c:00.2",
    "0000:0c:00.4",
    "0000:0c:00.6",
  ]);
  expect(idsOf(placed(place(cpx, [], ask("a", 0, four))))).toEqual([
    "0000:0c:00.0",
    "0000:0c:00.1",
    "0000:0c:00.2",
    "0000:0c:00.3",
  ]);
});

test("auto takes the fewest ranks that fit, and says why fewer do not", () => {
  const demandByTensorParallel = new Map([
    [8, gibibytes(6)],
    [1, gibibytes(40)],
    [2, gibibytes(22)],
  ]);
  const request = ask("a", 0, { demandByTensorParallel });
  expect(placed(place(poolWith(["CPX"], "NPS4"), [], request)).tensorParallel).toBe(2);
  expect(refusal(poolWith(["CPX"], "NPS4"), [], { ...request, tensorParallel: 1 }).rejected).toMatchObject([
    { kind: "memory", tensorParallel: 1, demand: gibibytes(40) },
  ]);
});

test("ranks stay on one GPU, even when two GPUs have the devices together", () => {
  const reservations = [hold("x", ["0000:0c:00.0"], 80), hold("y", ["0000:0d:00.0"], 80)];
  const request = ask("a", 0, { demandByTensorParallel: new Map([[2, gibibytes(80)]]) });
  expect(refusal(poolWith(["DPX", "DPX"], "NPS1"), reservations, request)).toMatchObject({
    rejected: [{ kind: "memory", device: { id: "0000:0c:00.0" } }],
  });
});

const exact = (size: number): PlacementRequest =>
  ask("a", 0, { demandByTensorParallel: new Map([[1, size as Bytes]]) });

test("a model that fills a device to the last byte is placed, and one byte more is not", () => {
  const [device] = poolWith(["CPX"], "NPS4").devices;
  const room = ((device?.capacity ?? 0) - deviceReserve(MI300X_MEMORY)) as Bytes;
  const cpx = poolWith(["CPX"], "NPS4");
  expect(place(cpx, [], exact(room))).toBeDefined();
  expect(refusal(cpx, [], exact(room + 1)).rejected).toMatchObject([{ kind: "memory", free: room }]);
});

const shrunk = ({ id, gpu, hostId }: HostedDomain) => ({ id, gpu, hostId, capacity: gibibytes(30) });

test("a domain that its devices may overdraw together is respected", () => {
  const { devices, domains } = poolWith(["CPX"], "NPS4");
  const tight = { devices, domains: domains.map(shrunk) };
  const result = placeAll(
    tight,
    [],
    Array.from({ length: 5 }, (_, n) => ask(`m${n}`, 20)),
  );
  expect(result.placements.flatMap(idsOf)).toEqual([
    "0000:0c:00.0",
    "0000:0c:00.2",
    "0000:0c:00.4",
    "0000:0c:00.6",
  ]);
  const [late] = result.refused;
  expect(late?.key).toBe("m4");
  expect(refusal(tight, result.placements.map(reservationOf), ask("m4", 20)).rejected).toMatchObject([
    { kind: "domain", free: gibibytes(10), device: { id: "0000:0c:00.1" } },
  ]);
});

test("an exclusive model wants an empty device and keeps others away", () => {
  const dpx = poolWith(["DPX"], "NPS1");
  const small = hold("small", ["0000:0c:00.0"], 1);
  const alone = ask("alone", 2, { exclusive: true });
  const placement = placed(place(dpx, [small], alone));
  expect(idsOf(placement)).toEqual(["0000:0c:00.1"]);
  const both = [small, reservationOf(placement)];
  expect(idsOf(placed(place(dpx, both, ask("b", 2))))).toEqual(["0000:0c:00.0"]);
  expect(refusal(dpx, both, { ...alone, key: "alone2" }).rejected).toMatchObject([
    { kind: "held", reservedBy: ["small"] },
  ]);
});

test("a pin to a GPU or to partitions leaves nothing else", () => {
  const cpx = poolWith(["CPX", "CPX"], "NPS4");
  expect(idsOf(placed(place(cpx, [], ask("a", 4, { pin: { gpus: ["0000:0d:00.0"] } }))))).toEqual([
    "0000:0d:00.0",
  ]);
  expect(idsOf(placed(place(cpx, [], ask("a", 4, { pin: { partitions: ["0000:0c:00.5"] } }))))).toEqual([
    "0000:0c:00.5",
  ]);
  expect(refusal(cpx, [], ask("a", 4, { pin: { gpus: ["0000:ff:00.0"] } }))).toMatchObject({
    rejected: [{ kind: "devices", available: 0 }],
  });
});

test("the own reservation does not count against a model that is asked for again", () => {
  const own = hold("a", ["0000:0c:00.3"], 20);
  const result = place(poolWith(["CPX"], "NPS4"), [own], ask("a", 23));
  expect(result).toMatchObject({ how: "kept" });
  expect(idsOf(placed(result))).toEqual(["0000:0c:00.3"]);
});

test("a model moves only when its place is no longer valid", () => {
  const own = hold("a", ["0000:0c:00.3"], 20);
  const cpx = poolWith(["CPX"], "NPS4");
  expect(place(cpx, [own], ask("a", 20, { pin: { partitions: ["0000:0c:00.6"] } }))).toMatchObject({
    how: "moved",
    placement: { devices: [{ id: "0000:0c:00.6" }] },
  });
  const neighbour = hold("b", ["0000:0c:00.3"], 4);
  expect(place(cpx, [own, neighbour], ask("a", 22))).toMatchObject({
    how: "moved",
    placement: { devices: [{ id: "0000:0c:00.0" }] },
  });
  expect(place(poolWith(["DPX"], "NPS1"), [own], ask("a", 20))).toMatchObject({ how: "moved" });
});

test("a number of ranks that the model cannot have is refused", () => {
  expect(refusal(poolWith(["CPX"], "NPS4"), [], ask("a", 1, { tensorParallel: 3 }))).toEqual({
    rejected: [{ kind: "ranks", tensorParallel: 3 }],
    nearest: [],
  });
});

test("the same address on two hosts is two devices", () => {
  const layout = mi300xLayout(["SPX"], "NPS1");
  const hosts = poolOf([
    { hostId: "one", layout },
    { hostId: "two", layout },
  ]);
  const held = { ...hold("x", ["0000:0c:00.0"], 150), hostId: "one" };
  expect(placed(place(hosts, [held], ask("a", 150))).hostId).toBe("two");
});

test("a batch puts the largest first, so that nothing small stands in its way", () => {
  const spx = poolWith(["DPX"], "NPS1");
  const requests = [ask("a", 40), ask("b", 40), ask("c", 50), ask("d", 50)];
  expect(placeAll(spx, [], requests).placements.map((p) => `${p.key} ${idsOf(p).join()}`)).toEqual([
    "a 0000:0c:00.0",
    "b 0000:0c:00.1",
    "c 0000:0c:00.0",
    "d 0000:0c:00.1",
  ]);
});

test("two requests with one key are a mistake of the caller", () => {
  expect(() => placeAll(poolWith(["SPX"], "NPS1"), [], [ask("a", 1), ask("a", 2)])).toThrow(ArgumentError);
});

test("the kernel's reserve is 96 MiB with eight MI300X and never below 8 MiB", () => {
  expect(deviceReserve(gibibytes(8 * 192))).toBe(mebibytes(96));
  expect(deviceReserve(gibibytes(16))).toBe(mebibytes(8));
});

import * as fc from "fast-check";
import { expect, test } from "vitest";

import { gibibytes } from "../../../provider/bytes.ts";
import { rebalanceRemedies } from "../../../provider/scheduler/advice/rebalance-remedy.ts";
import { poolOf, type Reservation } from "../../../provider/scheduler/occupancy/pool.ts";
import { findViolations } from "../../../provider/scheduler/occupancy/violations.ts";
import type { PlacementRequest } from "../../../provider/scheduler/request.ts";
import { placeAll } from "../../../provider/scheduler/solver/place-all.ts";
import { reservationOf } from "../../../provider/scheduler/solver/placements.ts";
import { mi300xLayout } from "../../support/mi300x.ts";
import { runs } from "../../support/property-runs.ts";
import { bestScore } from "./brute-force.ts";

const dpx = poolOf([{ hostId: "h", layout: mi300xLayout(["DPX"], "NPS1") }]);

const ask = (key: string, size: number): PlacementRequest => ({
  key,
  demandByTensorParallel: new Map([[1, gibibytes(size)]]),
  tensorParallel: "auto",
  strategy: "pack",
  exclusive: false,
});

const hold = (key: string, device: 0 | 1, size: number): Reservation => ({
  key,
  hostId: "h",
  deviceIds: [`0000:0c:00.${device}`],
  bytesPerDevice: gibibytes(size),
});

const running = [hold("large", 0, 50), hold("medium", 1, 40), hold("small", 1, 20)];
const asked = [ask("large", 50), ask("medium", 40), ask("small", 20), ask("new", 50)];

test("adding a model moves no other, as long as that is not allowed", () => {
  const { refused, moves, proof } = placeAll(dpx, running, asked);
  expect(refused.map(({ key }) => key)).toEqual(["new"]);
  expect(moves).toEqual([]);
  expect(proof).toMatchObject({ optimal: true, refused: { value: 1, atLeast: 1 } });
});

test("rebalancing moves the fewest bytes, and lists the move", () => {
  const result = placeAll(dpx, running, asked, { rebalance: "when-needed" });
  expect(result.refused).toEqual([]);
  expect(result.moves).toEqual([
    {
      key: "small",
      from: { hostId: "h", deviceIds: ["0000:0c:00.1"] },
      to: { hostId: "h", deviceIds: ["0000:0c:00.0"] },
      bytes: gibibytes(20),
    },
  ]);
  expect(result.proof).toMatchObject({
    optimal: true,
    movedBytes: { value: gibibytes(20), atLeast: gibibytes(20) },
  });
});

test("a refused batch advises rebalance without a search for moves", () => {
  const outcome = placeAll(dpx, running, asked);
  expect(outcome.movable).toBe(3);
  expect(outcome.proof.nodes).toBeLessThan(100);
  expect(rebalanceRemedies(outcome)).toMatchObject([{ property: "rebalance", value: "when-needed" }]);
});

test("a batch that may move or that has room for all gets no advice to move", () => {
  const allowed = placeAll(dpx, running, asked, { rebalance: "when-needed" });
  const roomy = placeAll(dpx, running, asked.slice(0, 3));
  expect([allowed, roomy].map(rebalanceRemedies)).toEqual([[], []]);
});

test("a batch that moving all models would not help gets no advice to move", () => {
  const full = Array.from({ length: 18 }, (_, n) => hold(`held-${n}`, n % 2 === 0 ? 0 : 1, 10));
  const requests = [...full.map(({ key }) => ask(key, 10)), ask("new", 15)];
  const { movable, proof } = placeAll(dpx, full, requests);
  expect(movable).toBeUndefined();
  expect(proof.nodes).toBeLessThan(100);
});

test("a search that ends before it finds the cheapest move uses a more expensive move and refuses no model", () => {
  const held = Array.from({ length: 12 }, (_, n) => hold(`held-${n}`, n % 2 === 0 ? 0 : 1, 9 + n / 4));
  const requests = [
    ...held.map(({ key, bytesPerDevice }) => ({
      ...ask(key, 0),
      demandByTensorParallel: new Map([[1, bytesPerDevice]]),
    })),
    ask("new", 58),
  ];
  const movedWithin = (nodes: number): number => {
    const options = { rebalance: "when-needed", nodes } as const;
    const { refused, placements, proof } = placeAll(dpx, held, requests, options);
    expect(refused).toEqual([]);
    expect(findViolations(dpx, placements.map(reservationOf))).toEqual([]);
    return proof.movedBytes.value;
  };
  const [cheapest, few, none] = [1_000_000, 100, 0].map(movedWithin);
  expect(few).toBeGreaterThan(cheapest ?? 0);
  expect(none).toBeGreaterThan(few ?? 0);
});

test("nobody moves when all have room, whatever a better packing would be", () => {
  const apart = [hold("a", 0, 10), hold("b", 1, 10)];
  const result = placeAll(dpx, apart, [ask("a", 10), ask("b", 10), ask("c", 10)], {
    rebalance: "when-needed",
  });
  expect(result.moves).toEqual([]);
  expect(result.proof.movedBytes).toEqual({ value: 0, atLeast: 0 });
});

test("reservations of others never move", () => {
  const result = placeAll(dpx, running, [ask("new", 50)], { rebalance: "when-needed" });
  expect(result.refused.map(({ key }) => key)).toEqual(["new"]);
});

test("a place that is no longer valid is a move that nobody could spare", () => {
  const { moves, proof } = placeAll(
    dpx,
    [hold("a", 0, 20)],
    [{ ...ask("a", 20), pin: { partitions: ["0000:0c:00.1"] } }],
  );
  expect(moves).toMatchObject([{ key: "a", to: { deviceIds: ["0000:0c:00.1"] } }]);
  expect(proof).toMatchObject({
    optimal: true,
    movedBytes: { value: gibibytes(20), atLeast: gibibytes(20) },
  });
});

/** Models that run where they happened to be put, and some that want to come, on one or two small GPUs. */
const crowded = () =>
  fc
    .record({
      modes: fc.constantFrom<readonly ("SPX" | "DPX")[]>(["DPX"], ["DPX", "SPX"], ["DPX", "DPX"]),
      running: fc.array(fc.record({ device: fc.nat({ max: 3 }), size: fc.integer({ min: 5, max: 60 }) }), {
        minLength: 1,
        maxLength: 4,
      }),
      coming: fc.array(fc.integer({ min: 30, max: 95 }), { minLength: 1, maxLength: 2 }),
    })
    .map(({ modes, running, coming }) => {
      const pool = poolOf([{ hostId: "h", layout: mi300xLayout(modes, "NPS1", gibibytes(192)) }]);
      const held: Reservation[] = [];
      for (const [number, { device, size }] of running.entries()) {
        const id = pool.devices[device % pool.devices.length]?.id ?? "";
        const one = { ...hold(`running-${number}`, 0, size), deviceIds: [id] };
        if (findViolations(pool, [...held, one]).length === 0) held.push(one);
      }
      const requests = [
        ...held.map(({ key, bytesPerDevice }) => ({
          ...ask(key, 0),
          demandByTensorParallel: new Map([[1, bytesPerDevice]]),
        })),
        ...coming.map((size, number) => ask(`coming-${number}`, size)),
      ];
      return { pool, held, requests };
    });

test("a batch is moved exactly where all fit if all may move, and is advised to only there", () => {
  const seen = new Set<string>();
  fc.assert(
    fc.property(crowded(), ({ pool, held, requests }) => {
      const before = placeAll(pool, held, requests);
      fc.pre(before.refused.length > 0);
      const [least] = bestScore(pool, requests);
      seen.add(least === 0 ? "helps" : "does not help");
      if (before.movable !== undefined) seen.add("is advised");
      expect(before.moves).toEqual([]);
      expect([undefined, least === 0 ? held.length : undefined]).toContain(before.movable);
      const after = placeAll(pool, held, requests, { rebalance: "when-needed" });
      expect(after.refused.length === 0).toBe(least === 0);
      expect(findViolations(pool, after.placements.map(reservationOf))).toEqual([]);
    }),
    { numRuns: runs(150), seed: 3 },
  );
  expect([...seen].toSorted()).toEqual(["does not help", "helps", "is advised"]);
});

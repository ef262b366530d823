import { expect, test } from "vitest";

import { gibibytes } from "../../../provider/bytes.ts";
import { placeAll } from "../../../provider/scheduler/place-all.ts";
import { poolOf, type Reservation } from "../../../provider/scheduler/pool.ts";
import type { PlacementRequest } from "../../../provider/scheduler/request.ts";
import { mi300xLayout } from "../../support/mi300x.ts";

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

test("when it is allowed the fewest bytes move, and the move is told", () => {
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

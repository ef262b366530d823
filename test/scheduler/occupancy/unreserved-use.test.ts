import * as fc from "fast-check";
import { describe, expect, test } from "vitest";

import { bytes, gibibytes } from "../../../provider/bytes.ts";
import { lookupModel } from "../../../provider/models/catalog/catalog.ts";
import type { PlacementProblem } from "../../../provider/scheduler/advice/placement-problem.ts";
import { poolOf, type Reservation } from "../../../provider/scheduler/occupancy/pool.ts";
import {
  type UnreservedUse,
  unreservedReservations,
} from "../../../provider/scheduler/occupancy/unreserved-use.ts";
import { schedule } from "../../../provider/scheduler/schedule.ts";
import { placeAll } from "../../../provider/scheduler/solver/place-all.ts";
import { place } from "../../../provider/scheduler/solver/place.ts";
import { reservationOf } from "../../../provider/scheduler/solver/placements.ts";
import { scheduleOptionsSchema } from "../../../provider/schema/placement.ts";
import { pool, workload } from "../../support/arbitraries.ts";
import { mi300xLayout } from "../../support/mi300x.ts";

const QWEN = lookupModel("Qwen/Qwen2.5-0.5B");

const use = (deviceId: string, size: number): UnreservedUse => ({
  hostId: "h",
  deviceId,
  bytes: gibibytes(size),
  by: "python3 (pid 4242)",
});

function problem(
  respectForeignUse: boolean,
  unreservedUse: readonly UnreservedUse[],
  reservations: readonly Reservation[] = [],
): PlacementProblem {
  if (!QWEN.ok) throw new Error(QWEN.error);
  return {
    key: "new",
    shape: QWEN.model,
    options: scheduleOptionsSchema.parse({ respectForeignUse }),
    pool: poolOf([{ hostId: "h", layout: mi300xLayout(["CPX"], "NPS4") }]),
    reservations,
    unreservedUse: unreservedUse,
  };
}

const idsOf = (asked: PlacementProblem): readonly string[] => {
  const outcome = schedule(asked);
  return outcome.success ? outcome.reservation.deviceIds : [outcome.error];
};

const uses = (devices: readonly { readonly hostId: string; readonly id: string }[]) =>
  fc.array(
    fc
      .record({ device: fc.constantFrom(...devices), size: fc.integer({ min: 1, max: 200 }) })
      .map(({ device, size }): UnreservedUse => ({ ...use(device.id, size), hostId: device.hostId })),
    { maxLength: 6 },
  );

describe("unreserved use of a device", () => {
  const full = [use("0000:0c:00.0", 22), use("0000:0c:00.1", 1)];

  test("is shown and does not count, unless it is to be respected", () => {
    const outcome = schedule(problem(false, full));
    expect(outcome).toMatchObject({ success: true, reservation: { deviceIds: ["0000:0c:00.0"] } });
    expect(outcome.success && outcome.unreservedUse).toEqual([
      expect.objectContaining({
        code: "unreserved-use-exceeds",
        data: expect.objectContaining({
          deviceId: "0000:0c:00.0",
          bytes: gibibytes(22),
          by: "python3 (pid 4242)",
        }) as unknown,
      }),
    ]);
  });

  test("is placed around when it is, on the tightest device beside it", () => {
    const outcome = schedule(problem(true, full));
    expect(outcome).toMatchObject({
      success: true,
      reservation: { deviceIds: ["0000:0c:00.1"] },
      unreservedUse: [
        { code: "unreserved-use-fits", data: { deviceId: "0000:0c:00.1", bytes: gibibytes(1) } },
      ],
    });
  });

  test("moves nobody who has a place", () => {
    const own: Reservation = {
      key: "new",
      hostId: "h",
      deviceIds: ["0000:0c:00.0"],
      bytesPerDevice: gibibytes(5),
    };
    expect(idsOf(problem(true, full, [own]))).toEqual(["0000:0c:00.0"]);
  });

  test("is named as what is in the way, and no GPU under it is set to another mode", () => {
    const everywhere = Array.from({ length: 8 }, (_, number) => use(`0000:0c:00.${number}`, 20));
    const outcome = schedule(problem(true, everywhere));
    expect(outcome.success ? "" : outcome.error).toContain(
      "the devices of unreserved processes (python3 (pid 4242): 20.0 GiB of 0000:0c:00.0)",
    );
  });

  test("never takes a place from what has one, however much it is", () => {
    fc.assert(
      fc.property(
        pool().chain((all) => fc.tuple(fc.constant(all), workload(), uses(all.devices))),
        ([all, requests, foreign]) => {
          const reservations = placeAll(all, [], requests).placements.map(reservationOf);
          const held = [...reservations, ...unreservedReservations(foreign, all, reservations)];
          const kept = requests
            .filter((one) => reservations.some((own) => own.key === one.key))
            .map((one) => place(all, held, one));
          expect(kept.map((one) => one?.how)).toEqual(kept.map(() => "kept"));
          expect(held.every((one) => one.bytesPerDevice >= bytes(0))).toBe(true);
        },
      ),
    );
  });
});

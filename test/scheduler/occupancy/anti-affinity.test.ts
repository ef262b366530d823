import { expect, test } from "vitest";

import { gibibytes } from "../../../provider/bytes.ts";
import { diagnose } from "../../../provider/scheduler/advice/diagnose.ts";
import { type AntiAffinity, poolOf, type Reservation } from "../../../provider/scheduler/occupancy/pool.ts";
import type { PlacementRequest } from "../../../provider/scheduler/request.ts";
import { placeAll } from "../../../provider/scheduler/solver/place-all.ts";
import { place, questionOf } from "../../../provider/scheduler/solver/place.ts";
import { reservationOf } from "../../../provider/scheduler/solver/placements.ts";
import { mi300xLayout } from "../../support/mi300x.ts";

const layout = mi300xLayout(["CPX", "CPX"], "NPS4");
const two = poolOf(["one", "two"].map((hostId) => ({ hostId, layout })));

const replica = (number: number, level: AntiAffinity["level"]): PlacementRequest => ({
  key: `replica-${number}`,
  demandByTensorParallel: new Map([[1, gibibytes(2)]]),
  tensorParallel: "auto",
  strategy: "pack",
  exclusive: false,
  antiAffinity: { group: "chat", level },
});

const replicas = (count: number, level: AntiAffinity["level"]) =>
  Array.from({ length: count }, (_, number) => replica(number, level));

test.each([
  ["device", 32],
  ["gpu", 4],
  ["host", 2],
] as const)("replicas with anti-affinity by %s are placed %i times and not once more", (level, most) => {
  const { placements, refused, proof } = placeAll(two, [], replicas(most + 1, level), { nodes: 10_000 });
  const units = placements.map(({ hostId, gpu, devices }) =>
    [hostId, ...(level === "host" ? [] : [gpu]), ...(level === "device" ? [devices[0]?.id] : [])].join(" "),
  );
  expect(new Set(units).size).toBe(most);
  expect(refused).toHaveLength(1);
  const [late = replica(most, level)] = refused;
  const { occupancy, workload } = questionOf(two, placements.map(reservationOf), late);
  expect(diagnose(occupancy, workload).rejected).toMatchObject([{ kind: "anti-affinity", group: "chat" }]);
  expect(proof.refused.value).toBe(1);
});

test("a model that is placed alone respects the anti-affinity of its group, by the wider of the two levels", () => {
  const first = place(two, [], replica(0, "host"));
  const held: Reservation[] = first ? [reservationOf(first.placement)] : [];
  expect(first).toMatchObject({ placement: { hostId: "one" } });
  expect(place(two, held, replica(1, "device"))).toMatchObject({ placement: { hostId: "two" } });
  expect(
    place(two, held, { ...replica(1, "host"), antiAffinity: { group: "other", level: "host" } }),
  ).toMatchObject({
    placement: { hostId: "one" },
  });
});

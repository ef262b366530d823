import * as fc from "fast-check";
import { expect, test } from "vitest";

import { bytes } from "../../../provider/bytes.ts";
import type {
  AntiAffinity,
  HostedDevice,
  Pool,
  Reservation,
} from "../../../provider/scheduler/occupancy/pool.ts";
import type { PlacementRequest } from "../../../provider/scheduler/request.ts";
import { placeAll } from "../../../provider/scheduler/solver/place-all.ts";
import { place } from "../../../provider/scheduler/solver/place.ts";
import { reservationOf } from "../../../provider/scheduler/solver/placements.ts";
import { pool, request, workload } from "../../support/arbitraries.ts";

/** The rules written once more, as plainly as they can be, without anything of the code under test. */
function overfull(all: Pool, reservations: readonly Reservation[]): readonly string[] {
  const on = (device: HostedDevice): number =>
    reservations
      .filter((held) => held.hostId === device.hostId && held.deviceIds.includes(device.id))
      .reduce((sum, held) => sum + held.bytesPerDevice, 0);
  const reserve = (hostId: string): number => {
    const memory = all.devices.filter((d) => d.hostId === hostId).reduce((sum, d) => sum + d.capacity, 0);
    return Math.max(Math.floor(memory / 16_384), 8 * 1024 * 1024);
  };
  const devices = all.devices.filter((d) => on(d) > 0 && on(d) + reserve(d.hostId) > d.capacity);
  const domains = all.domains.filter(
    (domain) =>
      all.devices
        .filter((d) => d.hostId === domain.hostId && d.domain === domain.id)
        .reduce((sum, d) => sum + on(d), 0) > domain.capacity,
  );
  return [...devices, ...domains].map(({ hostId, id }) => `${hostId} ${id}`);
}

/** Two of a group on one device, GPU or host, whichever of the two asks for more. */
function tooNear(
  all: Pool,
  device: HostedDevice,
  wanted: AntiAffinity | undefined,
  other: Pick<Reservation, "hostId" | "deviceIds" | "antiAffinity">,
): boolean {
  if (!wanted || other.antiAffinity?.group !== wanted.group || other.hostId !== device.hostId) return false;
  const levels = new Set([wanted.level, other.antiAffinity.level]);
  if (levels.has("host")) return true;
  if (!levels.has("gpu")) return other.deviceIds.includes(device.id);
  return all.devices.some(
    (one) => one.hostId === other.hostId && one.gpu === device.gpu && other.deviceIds.includes(one.id),
  );
}

/** By trying every choice of devices. */
function someGpuHolds(
  all: Pool,
  reservations: readonly Reservation[],
  late: PlacementRequest,
  size: number,
): boolean {
  const bytesPerDevice = late.demandByTensorParallel.get(size);
  if (bytesPerDevice === undefined) return false;
  const heldOn = (device: HostedDevice) =>
    reservations.filter((held) => held.hostId === device.hostId && held.deviceIds.includes(device.id));
  const open = all.devices.filter((device) => {
    const { gpus, partitions } = late.pin ?? {};
    const pinned = (!gpus && !partitions) || gpus?.includes(device.gpu) || partitions?.includes(device.id);
    const held = heldOn(device);
    const near = reservations.some((other) => tooNear(all, device, late.antiAffinity, other));
    return pinned && !near && !held.some((other) => other.exclusive) && !(late.exclusive && held.length > 0);
  });
  const nameOf = late.span === "host" ? kindOf(all) : gpuOf;
  return [...new Set(open.map(nameOf))].some((name) =>
    choices(
      open.filter((device) => nameOf(device) === name),
      size,
    ).some((chosen) => {
      const [first] = chosen;
      const claim = {
        key: "late",
        hostId: first?.hostId ?? "",
        deviceIds: chosen.map(({ id }) => id),
        bytesPerDevice,
      };
      return overfull(all, [...reservations, claim]).length === 0;
    }),
  );
}

const gpuOf = ({ hostId, gpu }: HostedDevice): string => `${hostId} ${gpu}`;

/** A host, and how many devices each GPU has: those may work together. */
const kindOf =
  (all: Pool) =>
  (device: HostedDevice): string =>
    `${device.hostId} ${all.devices.filter((other) => gpuOf(other) === gpuOf(device)).length}`;

function choices<T>(items: readonly T[], size: number): readonly (readonly T[])[] {
  if (size === 0) return [[]];
  return items.flatMap((item, position) =>
    choices(items.slice(position + 1), size - 1).map((rest) => [item].concat(rest)),
  );
}

function requestOf(requests: readonly PlacementRequest[], key: string): PlacementRequest {
  const found = requests.find((candidate) => candidate.key === key);
  if (!found) throw new Error(`nobody asked for ${key}`);
  return found;
}

const sizesOf = (request: PlacementRequest): readonly number[] =>
  request.tensorParallel === "auto" ? [...request.demandByTensorParallel.keys()] : [request.tensorParallel];

const shuffled = <T>(items: readonly T[]): fc.Arbitrary<T[]> =>
  fc.shuffledSubarray([...items], { minLength: items.length });

/** The rules hold for any budget of nodes; a small one keeps the properties fast. */
const NODES = 5000;

const settle = (all: Pool, requests: readonly PlacementRequest[]) => {
  const batch = placeAll(all, [], requests, { nodes: NODES });
  return { batch, reservations: batch.placements.map(reservationOf) };
};

test("every device and every domain holds at most its capacity", () => {
  fc.assert(
    fc.property(pool(), workload(), (all, requests) => {
      expect(overfull(all, settle(all, requests).reservations)).toEqual([]);
    }),
  );
});

test("a placement is of an allowed size, on different devices of one GPU or of alike ones of a host, within its pin", () => {
  fc.assert(
    fc.property(pool(), workload(), (all, requests) => {
      for (const placement of settle(all, requests).batch.placements) {
        const request = requestOf(requests, placement.key);
        expect(request.demandByTensorParallel.get(placement.tensorParallel)).toBe(placement.bytesPerDevice);
        const asked = request.tensorParallel === "auto" ? placement.tensorParallel : request.tensorParallel;
        expect(placement.tensorParallel).toBe(asked);
        expect(new Set(placement.devices.map(({ id }) => id)).size).toBe(placement.tensorParallel);
        const together = request.span === "host" ? kindOf(all) : gpuOf;
        expect(new Set(placement.devices.map(together)).size).toBe(1);
        const { gpus, partitions } = request.pin ?? {};
        const pinned = (device: HostedDevice) =>
          (!gpus && !partitions) || gpus?.includes(device.gpu) || partitions?.includes(device.id);
        expect(placement.devices.every(pinned)).toBe(true);
      }
    }),
  );
});

test("an exclusive model shares no device", () => {
  fc.assert(
    fc.property(pool(), workload(), (all, requests) => {
      const { placements } = settle(all, requests).batch;
      for (const alone of placements.filter((placement) => placement.exclusive)) {
        for (const other of placements.filter(({ key }) => key !== alone.key)) {
          const shared = other.devices.filter((device) => alone.devices.includes(device));
          expect(shared).toEqual([]);
        }
      }
    }),
  );
});

/** At least the first two of them are of one group. */
const workloadOfGroup = (): fc.Arbitrary<readonly PlacementRequest[]> =>
  fc
    .tuple(workload(), fc.constantFrom("device" as const, "gpu" as const, "host" as const))
    .map(([requests, level]) =>
      requests.map((one, number) =>
        number < 2
          ? { ...one, antiAffinity: { group: "two", level: one.antiAffinity?.level ?? level } }
          : one,
      ),
    );

test("two of a group are never nearer than either of them wants", () => {
  let groups = 0;
  fc.assert(
    fc.property(pool(), workloadOfGroup(), (all, requests) => {
      const { placements } = settle(all, requests).batch;
      for (const one of placements.filter((placement) => placement.antiAffinity)) {
        const others = placements.filter(({ key }) => key !== one.key).map(reservationOf);
        groups += others.filter((other) => other.antiAffinity?.group === one.antiAffinity?.group).length;
        const near = one.devices.filter((device) =>
          others.some((other) => tooNear(all, device, one.antiAffinity, other)),
        );
        expect(near).toEqual([]);
      }
    }),
    // Everywhere: a fifth of them would now and then have hardly a group that fits.
    { numRuns: 100 },
  );
  expect(groups).toBeGreaterThan(10);
});

test("the order in which devices, reservations and requests are given does not matter", () => {
  const scene = fc
    .tuple(pool(), workload(), request("late"))
    .chain(([all, requests, late]) =>
      fc.tuple(
        fc.constant({ all, requests, late }),
        shuffled(all.devices),
        shuffled(all.domains),
        shuffled(requests),
        fc.infiniteStream(fc.nat()),
      ),
    );
  fc.assert(
    fc.property(scene, ([{ all, requests, late }, devices, domains, otherOrder, keys]) => {
      const { batch, reservations } = settle(all, requests);
      const mixed: Pool = { devices, domains };
      expect(settle(mixed, otherOrder).batch).toEqual(batch);
      const ranked = reservations.map((held) => ({ held, rank: keys.next().value as number }));
      const reordered = ranked.toSorted((a, b) => a.rank - b.rank).map(({ held }) => held);
      expect(place(mixed, reordered, late)).toEqual(place(all, reservations, late));
    }),
  );
});

test("a model that is requested again keeps its place, alone or in a batch", () => {
  fc.assert(
    fc.property(pool(), workload(), (all, requests) => {
      const { batch, reservations } = settle(all, requests);
      for (const placement of batch.placements) {
        const request = requestOf(requests, placement.key);
        expect(place(all, reservations, request)).toMatchObject({ how: "kept", placement });
      }
      expect(placeAll(all, reservations, requests, { nodes: NODES }).placements).toEqual(batch.placements);
    }),
  );
});

test("a model that is removed fits again", () => {
  fc.assert(
    fc.property(pool(), workload(), (all, requests) => {
      const { batch, reservations } = settle(all, requests);
      for (const { key } of batch.placements) {
        const request = requestOf(requests, key);
        const others = reservations.filter((held) => held.key !== key);
        expect(place(all, others, request)).toBeDefined();
      }
    }),
  );
});

test("a model is on several GPUs only where none holds it alone, but then is on the fewest", () => {
  fc.assert(
    fc.property(pool(), workload(), request("late"), (all, requests, late) => {
      const { reservations } = settle(all, requests);
      const result = place(all, reservations, { ...late, span: "host" });
      if (!result) return;
      const { tensorParallel, devices } = result.placement;
      const onFewer = (gpus: number): boolean =>
        choices([...new Set(all.devices.map(({ gpu }) => gpu))], gpus).some((some) => {
          const part = new Set(all.devices.filter((device) => some.includes(device.gpu)));
          // The reserve of the kernel is counted of the whole host: what is shut is still there.
          const shut = all.devices
            .filter((device) => !part.has(device))
            .map(({ hostId, id }) => ({
              key: `shut ${hostId} ${id}`,
              hostId,
              deviceIds: [id],
              bytesPerDevice: bytes(0),
              exclusive: true,
            }));
          return someGpuHolds(
            all,
            [...reservations, ...shut],
            { ...late, span: gpus === 1 ? "gpu" : "host" },
            tensorParallel,
          );
        });
      const touched = new Set(devices.map(({ gpu }) => gpu)).size;
      expect([1, 2].filter((gpus) => gpus < touched && onFewer(gpus))).toEqual([]);
    }),
  );
});

test("a model is refused only when no GPU, or no host for one that may span it, has the devices, and auto skips no size that fits", () => {
  fc.assert(
    fc.property(pool(), workload(), request("late"), (all, requests, late) => {
      const { reservations } = settle(all, requests);
      const result = place(all, reservations, late);
      const fitting = sizesOf(late).filter((size) => someGpuHolds(all, reservations, late, size));
      expect(result?.placement.tensorParallel).toBe(fitting.length > 0 ? Math.min(...fitting) : undefined);
    }),
  );
});

test("a model that a batch refuses does not fit into the rest, and a model alone is refused only when it fits nowhere", () => {
  fc.assert(
    fc.property(pool(), workload(), (all, requests) => {
      const { batch, reservations } = settle(all, requests);
      for (const { key } of batch.refused) {
        const request = requestOf(requests, key);
        expect(place(all, reservations, request)).toBeUndefined();
      }
      for (const request of requests) {
        const fits = sizesOf(request).some((size) => someGpuHolds(all, [], request, size));
        expect(placeAll(all, [], [request]).placements.length).toBe(fits ? 1 : 0);
      }
    }),
  );
});

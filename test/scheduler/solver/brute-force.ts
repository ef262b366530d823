import { compareDevices, type HostedDevice, type Pool } from "../../../provider/scheduler/occupancy/pool.ts";
import type { PlacementRequest } from "../../../provider/scheduler/request.ts";

/** Refused, ranks beyond the fewest, devices used, GPUs beyond one of each model: what a batch is judged by, as plainly as it can be said. */
export type Score = readonly [number, number, number, number];

interface Room {
  readonly device: HostedDevice;
  readonly free: number;
  readonly keys: readonly string[];
  readonly closed: boolean;
}

const reserveOf = (all: Pool, hostId: string): number => {
  const memory = all.devices
    .filter((one) => one.hostId === hostId)
    .reduce((sum, one) => sum + one.capacity, 0);
  return Math.max(Math.floor(memory / 16_384), 8 * 1024 * 1024);
};

const less = (a: Score, b: Score): boolean => {
  const at = a.findIndex((value, level) => value !== b[level]);
  return at !== -1 && (a[at] ?? 0) < (b[at] ?? 0);
};

/** By trying every choice of devices for every request, and leaving each of them out. */
export function bestScore(all: Pool, requests: readonly PlacementRequest[]): Score {
  const rooms = all.devices.toSorted(compareDevices).map((device): Room => ({
    device,
    free: device.capacity - reserveOf(all, device.hostId),
    keys: [],
    closed: false,
  }));
  const domains = new Map(all.domains.map((one) => [`${one.hostId} ${one.id}`, Number(one.capacity)]));
  const fewest = requests.map((request) => fewestRanks(rooms, domains, request));
  const visit = (
    at: number,
    now: readonly Room[],
    left: ReadonlyMap<string, number>,
    score: Score,
  ): Score => {
    const request = requests[at];
    if (!request) return score;
    const [refused, extra, used, gpus] = score;
    let best = visit(at + 1, now, left, [refused + 1, extra, used, gpus]);
    for (const { size, chosen, bytes } of choices(now, left, request)) {
      const fresh = chosen.filter((room) => room.keys.length === 0).length;
      const next: Score = [
        refused,
        extra + size - (fewest[at] ?? 0),
        used + fresh,
        gpus + gpusOf(chosen).size - 1,
      ];
      if (!less(next, best)) continue;
      const { rooms: then, domains: rest } = held(now, left, chosen, request, bytes);
      const end = visit(at + 1, then, rest, next);
      if (less(end, best)) best = end;
    }
    return best;
  };
  return visit(0, rooms, domains, [0, 0, 0, 0]);
}

const fewestRanks = (
  rooms: readonly Room[],
  domains: ReadonlyMap<string, number>,
  request: PlacementRequest,
): number => Math.min(...choices(rooms, domains, request).map(({ size }) => size));

const gpuOf = ({ device }: Room): string => `${device.hostId} ${device.gpu}`;

const gpusOf = (chosen: readonly Room[]): ReadonlySet<string> => new Set(chosen.map(gpuOf));

/** Of one host, and from GPUs with as many devices. */
const areAlike = (chosen: readonly Room[], rooms: readonly Room[]): boolean =>
  new Set(
    chosen.map((room) =>
      [room.device.hostId, rooms.filter((other) => gpuOf(other) === gpuOf(room)).length].join(" "),
    ),
  ).size === 1;

const domainOf = ({ device }: Room): string => `${device.hostId} ${device.domain}`;

function choices(
  rooms: readonly Room[],
  domains: ReadonlyMap<string, number>,
  request: PlacementRequest,
): readonly { readonly size: number; readonly chosen: readonly Room[]; readonly bytes: number }[] {
  const { gpus, partitions } = request.pin ?? {};
  return [...request.demandByTensorParallel].flatMap(([size, bytes]) => {
    if (request.tensorParallel !== "auto" && request.tensorParallel !== size) return [];
    const open = rooms.filter(
      ({ device, free, closed, keys }) =>
        free >= bytes &&
        !closed &&
        !(request.exclusive && keys.length > 0) &&
        ((!gpus && !partitions) || gpus?.includes(device.gpu) || partitions?.includes(device.id)),
    );
    return subsets(open, size)
      .filter((chosen) => gpusOf(chosen).size === 1 || (request.span === "host" && areAlike(chosen, rooms)))
      .filter((chosen) =>
        chosen.every(
          (room) =>
            chosen.filter((other) => domainOf(other) === domainOf(room)).length * bytes <=
            (domains.get(domainOf(room)) ?? 0),
        ),
      )
      .map((chosen) => ({ size, chosen, bytes }));
  });
}

function held(
  rooms: readonly Room[],
  domains: ReadonlyMap<string, number>,
  chosen: readonly Room[],
  request: PlacementRequest,
  bytes: number,
) {
  const rest = new Map(domains);
  for (const room of chosen) rest.set(domainOf(room), (rest.get(domainOf(room)) ?? 0) - bytes);
  return {
    rooms: rooms.map((room) =>
      chosen.includes(room)
        ? {
            ...room,
            free: room.free - bytes,
            keys: [...room.keys, request.key],
            closed: room.closed || request.exclusive,
          }
        : room,
    ),
    domains: rest,
  };
}

export function subsets<T>(items: readonly T[], size: number): readonly (readonly T[])[] {
  if (size === 0) return [[]];
  return items.flatMap((item, position) =>
    subsets(items.slice(position + 1), size - 1).map((rest) => [item, ...rest]),
  );
}

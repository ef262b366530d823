import { at, type Occupancy } from "../occupancy/occupancy.ts";
import type { Strategy } from "../request.ts";
import { compareScores, type Score, scoreOfDevice, scoreOfGpu, scoreOnHost } from "./candidate-order.ts";
import { pickOnHost, spansHost } from "./host-gang.ts";
import { type SortedList, sortedList } from "./sorted-list.ts";
import { admits, pickAmong, type Size, type Workload } from "./workload.ts";

/**
 * Best fit for thousands of workloads: devices and GPUs in the order of what they have left, kept while places are given away.
 * Finding a place costs about the logarithm of the number of devices.
 */
export interface FitIndex {
  /** Devices for the workload: by its strategy the best, or nearly. undefined only where there are none. */
  readonly find: (workload: Workload, size: Size) => readonly number[] | undefined;
  /** To be called after devices are occupied or vacated. */
  readonly changed: (devices: readonly number[]) => void;
}

/** A device or a GPU with its score when it was put in order: the score must not change while it is in the list. */
interface Entry {
  readonly number: number;
  readonly score: Score;
}

interface Order {
  readonly list: SortedList<Entry>;
  refresh(number: number): void;
}

const compareEntries = (a: Entry, b: Entry): number => compareScores(a.score, b.score) || a.number - b.number;

/** @param scoreOf undefined keeps a number out. */
function orderOf(count: number, scoreOf: (number: number) => Score | undefined): Order {
  const entries = Array.from({ length: count }, (_, number): Entry | undefined => {
    const score = scoreOf(number);
    return score && { number, score };
  });
  const list = sortedList(
    entries.filter((entry) => entry !== undefined),
    compareEntries,
  );
  return {
    list,
    refresh: (number) => {
      const old = entries[number];
      if (old) list.remove(old);
      const score = scoreOf(number);
      entries[number] = score && { number, score };
      if (score) list.add({ number, score });
    },
  };
}

/** What is made on the first call and kept. */
function remembered<K, V>(known: Map<K, V>, key: K, make: () => V): V {
  const found = known.get(key) ?? make();
  known.set(key, found);
  return found;
}

/** Only the orders that these workloads ask for are kept. */
export function openFitIndex(occupancy: Occupancy, workloads: readonly Workload[]): FitIndex {
  const byDevice = new Map<string, Order>();
  const byGpu = new Map<string, Order>();
  const deviceOrder = ({ request: { strategy, exclusive } }: Workload): Order => {
    const onlyEmpty = exclusive && strategy === "pack";
    return remembered(byDevice, `${strategy} ${onlyEmpty}`, () =>
      orderOf(occupancy.devices.length, (device) =>
        onlyEmpty && at(occupancy.reservationCount, device) > 0
          ? undefined
          : scoreOfDevice(occupancy, strategy, device),
      ),
    );
  };
  const gpuOrder = (strategy: Strategy, ranks: number): Order =>
    remembered(byGpu, `${strategy} ${ranks}`, () =>
      orderOf(occupancy.gpus.length, (gpu) => {
        const room = roomForGang(occupancy, gpu, ranks);
        return room === undefined ? undefined : scoreOfGpu(occupancy, strategy, gpu, room);
      }),
    );

  const findDevice = (workload: Workload, { bytes }: Size): readonly number[] | undefined => {
    const packs = workload.request.strategy === "pack";
    const found = deviceOrder(workload).list.find(
      ({ score: [room = 0] }) => packs && room < bytes,
      ({ number }) => admits(occupancy, number, workload, bytes),
    );
    return found && [found.number];
  };
  const findGang = (workload: Workload, size: Size): readonly number[] | undefined => {
    let picked: readonly number[] | undefined;
    const { strategy } = workload.request;
    gpuOrder(strategy, size.ranks).list.find(
      ({ score: [room = 0] }) => strategy === "pack" && room < size.bytes,
      ({ number }) => {
        picked = pickAmong(occupancy, occupancy.gpus[number] ?? [], workload, size);
        return picked !== undefined;
      },
    );
    return picked;
  };
  const findOnOneGpu = (workload: Workload, size: Size): readonly number[] | undefined => {
    if (workload.pinned) return findPinned(occupancy, workload, size, workload.pinned);
    return size.ranks === 1 ? findDevice(workload, size) : findGang(workload, size);
  };

  for (const workload of workloads.filter((other) => !other.pinned)) {
    for (const { ranks } of workload.sizes) {
      if (ranks === 1) deviceOrder(workload);
      else gpuOrder(workload.request.strategy, ranks);
    }
  }
  return {
    find: (workload, size) => {
      const { strategy } = workload.request;
      return (
        findOnOneGpu(workload, size) ??
        (spansHost(workload, size)
          ? pickOnHost(occupancy, workload, size, (devices) => scoreOnHost(occupancy, strategy, devices))
          : undefined)
      );
    },
    changed: (changed) => {
      const touched = new Set(changed.map((device) => at(occupancy.gpuOf, device)));
      for (const gpu of touched) {
        for (const order of byGpu.values()) order.refresh(gpu);
        // The score of a device depends on its GPU and its domain too, and a domain lies within a GPU.
        for (const device of occupancy.gpus[gpu] ?? []) {
          for (const order of byDevice.values()) order.refresh(device);
        }
      }
    },
  };
}

/** What the last of the freest `ranks` devices of a GPU has left; undefined for a GPU with fewer devices. */
function roomForGang(occupancy: Occupancy, gpu: number, ranks: number): number | undefined {
  const members = occupancy.gpus[gpu] ?? [];
  if (members.length < ranks) return undefined;
  const free = members.map((device) => (at(occupancy.closed, device) > 0 ? 0 : at(occupancy.free, device)));
  return free.toSorted((a, b) => b - a)[ranks - 1];
}

/** A pin leaves few devices: to compare these takes less time than to pass over all the others in an order. */
function findPinned(
  occupancy: Occupancy,
  workload: Workload,
  size: Size,
  pinned: ReadonlySet<number>,
): readonly number[] | undefined {
  const gpus = new Set([...pinned].map((device) => at(occupancy.gpuOf, device)));
  const found = [...gpus].flatMap((gpu) => {
    const picked = pickAmong(occupancy, occupancy.gpus[gpu] ?? [], workload, size);
    const [number] = picked ?? [];
    if (!picked || number === undefined) return [];
    return [{ picked, number, score: scoreOfDevice(occupancy, workload.request.strategy, number) }];
  });
  return found.toSorted(compareEntries)[0]?.picked;
}

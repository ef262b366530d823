import type { Board } from "./board.ts";
import { pickOnHost, spansHost } from "./host-gang.ts";
import { admits, domainLoad, type Item, pickAmong, type Size } from "./item.ts";
import { type SortedList, sortedList } from "./sorted-list.ts";

/** Devices and GPUs by what they have left, kept in order while places are given away. */
export interface Rooms {
  /** Devices for the item: by its strategy the best, or nearly. None only when there are none. */
  find(item: Item, size: Size): readonly number[] | undefined;
  /** To be told after every change of the board. */
  changed(devices: readonly number[]): void;
}

/** Where a device or a GPU stood in an order when it was put there: the order must not move under a list. */
interface Entry {
  readonly number: number;
  readonly keys: readonly number[];
}

interface Index {
  readonly list: SortedList<Entry>;
  refresh(number: number): void;
}

const compareEntries = (a: Entry, b: Entry): number => {
  for (const [at, key] of a.keys.entries()) {
    const difference = key - (b.keys[at] ?? 0);
    if (difference !== 0) return difference;
  }
  return a.number - b.number;
};

/** @param keysOf undefined keeps a number out. */
function indexOf(count: number, keysOf: (number: number) => readonly number[] | undefined): Index {
  const entries = Array.from({ length: count }, (_, number): Entry | undefined => {
    const keys = keysOf(number);
    return keys && { number, keys };
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
      const keys = keysOf(number);
      entries[number] = keys && { number, keys };
      if (keys) list.add({ number, keys });
    },
  };
}

const at = (values: Float64Array | Int32Array, number: number): number => values[number] ?? 0;

const orderOf = ({ request }: Item): string => {
  if (request.strategy === "spread") return "spread";
  return request.exclusive ? "alone" : "pack";
};

/** Only the orders that these items ask for are kept. */
export function openRooms(board: Board, items: readonly Item[]): Rooms {
  const devices = new Map<string, Index>();
  const gpus = new Map<string, Index>();
  const deviceOrders: Readonly<Record<string, (device: number) => readonly number[] | undefined>> = {
    // Best fit: the tightest device, then the fullest GPU.
    pack: (device) => [at(board.free, device), at(board.gpuFree, at(board.gpuOf, device))],
    alone: (device) =>
      at(board.holders, device) === 0
        ? [at(board.free, device), at(board.gpuFree, at(board.gpuOf, device))]
        : undefined,
    spread: (device) => [
      domainLoad(board, at(board.domainOf, device)),
      -at(board.gpuFree, at(board.gpuOf, device)),
      at(board.used, device),
    ],
  };
  /** What the last of the freest `ranks` devices has left; a GPU with fewer devices is kept out. */
  const room = (gpu: number, ranks: number): number | undefined => {
    const members = board.gpus[gpu] ?? [];
    if (members.length < ranks) return undefined;
    const free = members.map((device) => (at(board.closed, device) > 0 ? 0 : at(board.free, device)));
    return free.toSorted((a, b) => b - a)[ranks - 1];
  };
  const deviceIndex = (order: string): Index => {
    const known = devices.get(order);
    if (known) return known;
    const index = indexOf(board.devices.length, (device) => deviceOrders[order]?.(device));
    devices.set(order, index);
    return index;
  };
  const gpuIndex = (ranks: number, order: Item["request"]["strategy"]): Index => {
    const key = `${order} ${ranks}`;
    const known = gpus.get(key);
    if (known) return known;
    const index = indexOf(board.gpus.length, (gpu) => {
      const least = room(gpu, ranks);
      if (least === undefined) return undefined;
      return order === "pack" ? [least, at(board.gpuFree, gpu)] : [-at(board.gpuFree, gpu), least];
    });
    gpus.set(key, index);
    return index;
  };
  const findOne = (item: Item, { bytes }: Size): readonly number[] | undefined => {
    const order = orderOf(item);
    const found = deviceIndex(order).list.find(
      (entry) => order !== "spread" && (entry.keys[0] ?? 0) < bytes,
      (entry) => admits(board, entry.number, item, bytes),
    );
    return found && [found.number];
  };
  const findGang = (item: Item, size: Size): readonly number[] | undefined => {
    let picked: readonly number[] | undefined;
    const { strategy } = item.request;
    gpuIndex(size.ranks, strategy).list.find(
      (entry) => strategy === "pack" && (entry.keys[0] ?? 0) < size.bytes,
      (entry) => {
        picked = pickAmong(board, board.gpus[entry.number] ?? [], item, size);
        return picked !== undefined;
      },
    );
    return picked;
  };
  for (const item of items.filter((one) => !one.pinned)) {
    for (const { ranks } of item.sizes) {
      if (ranks === 1) deviceIndex(orderOf(item));
      else gpuIndex(ranks, item.request.strategy);
    }
  }
  /** A pin leaves few devices: looking at each of them is less than passing over all the others. */
  const findPinned = (item: Item, size: Size, pinned: ReadonlySet<number>): readonly number[] | undefined => {
    const order = orderOf(item);
    const groups = new Set([...pinned].map((device) => at(board.gpuOf, device)));
    const spots = [...groups].flatMap((gpu) => {
      const picked = pickAmong(board, board.gpus[gpu] ?? [], item, size);
      if (!picked) return [];
      return [{ picked, number: picked[0] ?? 0, keys: deviceOrders[order]?.(picked[0] ?? 0) ?? [] }];
    });
    return spots.toSorted(compareEntries)[0]?.picked;
  };
  return {
    find: (item, size) => {
      const onOne = (): readonly number[] | undefined => {
        if (item.pinned) return findPinned(item, size, item.pinned);
        return size.ranks === 1 ? findOne(item, size) : findGang(item, size);
      };
      return onOne() ?? (spansHost(item, size) ? pickOnHost(board, item, size) : undefined);
    },
    changed: (changed) => {
      const touched = new Set(changed.map((device) => at(board.gpuOf, device)));
      for (const gpu of touched) {
        for (const index of gpus.values()) index.refresh(gpu);
        // A device stands in order by its GPU and its domain too, and a domain lies within a GPU.
        for (const device of board.gpus[gpu] ?? []) {
          for (const index of devices.values()) index.refresh(device);
        }
      }
    },
  };
}

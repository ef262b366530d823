import type { Board } from "./board.ts";
import type { Item } from "./item.ts";

/** Texts that are equal for what may stand for each other: trying one device, or one GPU, of each text is enough. */
export interface Marks {
  device(device: number): string;
  gpu(gpu: number): string;
  /** All GPUs together, in no particular order. */
  board(): string;
}

/** @param items all that are still to be placed: what none of them can tell apart is the same. */
export function openMarks(board: Board, items: readonly Item[]): Marks {
  const pins = items.filter((item) => item.pinned !== undefined);
  const pinned = board.devices.map((_, device) =>
    pins.flatMap((item, number) => (item.pinned?.has(device) ? [number] : [])).join("."),
  );
  const apart = items.some((item) => item.request.antiAffinity !== undefined);
  // Who is where matters to those that keep apart: what holds somebody is then like nothing else.
  const spans = items.some((item) => item.request.span === "host");
  const nameOf = (device: number): string => {
    const { hostId = "", computeUnits } = board.devices[device] ?? {};
    // Who spans GPUs needs those of one host that are alike, so GPUs of two hosts are then not the same.
    const host = spans ? `${hostId}*${computeUnits}` : hostId;
    if (!apart) return spans ? host : "";
    return (board.holders[device] ?? 0) > 0 ? `${host}#${device}` : host;
  };
  const domainOf = (device: number): string => {
    const domain = board.domainOf[device] ?? 0;
    return board.domainsBind ? `${board.domainFree[domain]}#${domain}` : "";
  };
  const state = (device: number): string =>
    `${board.free[device]},${Math.min(1, board.holders[device] ?? 0)},${board.closed[device]},${pinned[device]},${nameOf(device)}`;
  const marks: Marks = {
    device: (device) => `${state(device)},${domainOf(device)}`,
    gpu: (gpu) => {
      const members = board.gpus[gpu] ?? [];
      const first = board.domainOf[members[0] ?? 0] ?? 0;
      const texts = members.map((device) => {
        const domain = board.domainOf[device] ?? 0;
        return board.domainsBind
          ? `${state(device)},${domain - first},${board.domainFree[domain]}`
          : state(device);
      });
      return texts.toSorted().join(" ");
    },
    board: () =>
      board.gpus
        .map((_, gpu) => marks.gpu(gpu))
        .toSorted()
        .join("|"),
  };
  return marks;
}

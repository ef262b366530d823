import type { Board } from "./board.ts";
import type { Item } from "./item.ts";

/** Texts that are equal for what may stand for each other: trying one device, or one GPU, of each text is enough. */
export interface Marks {
  /** Of a device among those of its GPU, or of its host. */
  device(device: number): string;
  /** Of each GPU, as the board is now. */
  gpus(): readonly string[];
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
    // Who spans GPUs needs those that are alike.
    const kind = spans ? `*${computeUnits}` : "";
    if (!apart) return kind;
    return (board.holders[device] ?? 0) > 0 ? `${hostId}${kind}#${device}` : `${hostId}${kind}`;
  };
  const domainOf = (device: number): string => {
    const domain = board.domainOf[device] ?? 0;
    return board.domainsBind ? `${board.domainFree[domain]}#${domain}` : "";
  };
  const state = (device: number): string =>
    `${board.free[device]},${Math.min(1, board.holders[device] ?? 0)},${board.closed[device]},${pinned[device]},${nameOf(device)}`;
  const textOf = (members: readonly number[]): string => {
    const first = board.domainOf[members[0] ?? 0] ?? 0;
    const texts = members.map((device) => {
      const domain = board.domainOf[device] ?? 0;
      return board.domainsBind
        ? `${state(device)},${domain - first},${board.domainFree[domain]}`
        : state(device);
    });
    return texts.toSorted().join(" ");
  };
  const hosts = hostsOf(board);
  /** Numbers in the place of long texts. */
  const numbers = new Map<string, number>();
  const numberOf = (text: string): number => {
    const known = numbers.get(text) ?? numbers.size;
    numbers.set(text, known);
    return known;
  };
  const marks: Marks = {
    device: (device) => `${state(device)},${domainOf(device)}`,
    gpus: () => {
      const texts = board.gpus.map(textOf);
      if (!spans) return texts;
      // Who spans GPUs uses the others of a host too: two are the same where all of their hosts is.
      for (const gpus of hosts) {
        const around = numberOf(
          gpus
            .map((gpu) => texts[gpu] ?? "")
            .toSorted()
            .join("|"),
        );
        for (const gpu of gpus) texts[gpu] += `@${around}`;
      }
      return texts;
    },
    board: () => marks.gpus().toSorted().join("|"),
  };
  return marks;
}

/** GPUs of each host. */
function hostsOf(board: Board): readonly (readonly number[])[] {
  const hosts = new Map<string, number[]>();
  for (const [gpu, [first = 0]] of board.gpus.entries()) {
    const { hostId = "" } = board.devices[first] ?? {};
    const known = hosts.get(hostId);
    if (known) known.push(gpu);
    else hosts.set(hostId, [gpu]);
  }
  return [...hosts.values()];
}

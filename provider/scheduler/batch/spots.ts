import type { Board } from "./board.ts";
import { gpusBeyondOne, spansHost } from "./host-gang.ts";
import { hostChoices } from "./host-spots.ts";
import { admits, type Item, type Size, type Spot } from "./item.ts";
import type { Marks } from "./marks.ts";

/** More ways to put one gang on one GPU, or on several of a host, than matter; what is left out costs the proof, not the answer. */
const MOST = 500;

export interface Spots {
  /** The most promising first: what opens the fewest devices, then the tightest. */
  readonly list: readonly Spot[];
  readonly complete: boolean;
}

/** Where an item can go, once for all that may stand for each other. */
export function spotsFor(board: Board, item: Item, size: Size, marks: Marks): Spots {
  const seen = new Set<string>();
  const list: Spot[] = [];
  let complete = true;
  const gpuMarks = marks.gpus();
  for (const [gpu, members] of board.gpus.entries()) {
    const open = members.filter((device) => admits(board, device, item, size.bytes));
    if (open.length < size.ranks) continue;
    const mark = gpuMarks[gpu] ?? "";
    if (seen.has(mark)) continue;
    seen.add(mark);
    const choices = choose(open, size.ranks, marks);
    complete &&= choices.length < MOST;
    for (const devices of choices) {
      if (fitsDomains(board, devices, size.bytes)) list.push({ item, size, devices });
    }
  }
  if (spansHost(item, size)) {
    const choices = hostChoices(board, item, size, marks, (open, ranks) => choose(open, ranks, marks), MOST);
    complete &&= choices.length < MOST;
    for (const devices of choices) {
      if (fitsDomains(board, devices, size.bytes)) list.push({ item, size, devices });
    }
  }
  const scored = list.map((spot) => ({ spot, score: scoreOf(board, spot) }));
  scored.sort((a, b) => compareNumbers(a.score, b.score));
  return { list: scored.map(({ spot }) => spot), complete };
}

/** Every choice of so many devices, those with equal marks by their number alone. */
function choose(open: readonly number[], ranks: number, marks: Marks): readonly (readonly number[])[] {
  const classes = new Map<string, number[]>();
  for (const device of open) {
    const mark = marks.device(device);
    const known = classes.get(mark);
    if (known) known.push(device);
    else classes.set(mark, [device]);
  }
  const groups = [...classes.values()];
  const found: (readonly number[])[] = [];
  const visit = (group: number, chosen: readonly number[]): void => {
    if (found.length >= MOST) return;
    const missing = ranks - chosen.length;
    if (missing === 0) found.push(chosen.toSorted((a, b) => a - b));
    const members = groups[group];
    if (missing === 0 || !members) return;
    for (let take = Math.min(missing, members.length); take >= 0; take--) {
      visit(group + 1, [...chosen, ...members.slice(0, take)]);
    }
  };
  visit(0, []);
  return found;
}

function fitsDomains(board: Board, devices: readonly number[], bytes: number): boolean {
  if (!board.domainsBind) return true;
  const needed = new Map<number, number>();
  for (const device of devices) {
    const domain = board.domainOf[device] ?? 0;
    needed.set(domain, (needed.get(domain) ?? 0) + bytes);
  }
  return [...needed].every(([domain, sum]) => sum <= (board.domainFree[domain] ?? 0));
}

const scoreOf = (board: Board, { devices }: Spot): readonly number[] => [
  devices.filter((device) => (board.holders[device] ?? 0) === 0).length,
  devices.reduce((sum, device) => sum + (board.free[device] ?? 0), 0),
  board.gpuFree[board.gpuOf[devices[0] ?? 0] ?? 0] ?? 0,
  gpusBeyondOne(board, devices),
  devices[0] ?? 0,
];

function compareNumbers(a: readonly number[], b: readonly number[]): number {
  for (const [at, value] of a.entries()) {
    const difference = value - (b[at] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

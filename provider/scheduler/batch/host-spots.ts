import type { Board } from "./board.ts";
import { admits, type Item, type Size } from "./item.ts";
import type { Marks } from "./marks.ts";

/** Ways to put some ranks on one GPU, for every number of ranks: those that differ. */
export type ChoicesOn = (open: readonly number[], ranks: number) => readonly (readonly number[])[];

/**
 * Every way to put a model on several GPUs of one host, once for all GPUs, and all hosts, that may stand for each other; those on few GPUs
 * first, so that what `most` leaves out is what matters least.
 */
export function hostChoices(
  board: Board,
  item: Item,
  { ranks, bytes }: Size,
  marks: Marks,
  choicesOn: ChoicesOn,
  most: number,
): readonly (readonly number[])[] {
  const found: (readonly number[])[] = [];
  const marked = marks.gpus();
  const seen = new Set<string>();
  for (const gpus of board.alike) {
    const all = gpus
      .map((gpu) => marked[gpu] ?? "")
      .toSorted()
      .join("|");
    if (seen.size === seen.add(all).size) continue;
    const ways = gpus.map((gpu) => {
      const open = (board.gpus[gpu] ?? []).filter((device) => admits(board, device, item, bytes));
      const largest = Math.min(open.length, ranks - 1);
      const sizes = Array.from({ length: largest }, (_, less) => largest - less);
      return {
        // Devices of domains that bind are told apart by their domain, so nothing says which of two GPUs correspond.
        mark: board.domainsBind ? `${gpu}` : (marked[gpu] ?? ""),
        choices: sizes.flatMap((size) => sorted(choicesOn(open, size), marks)),
      };
    });
    const inOrder = ways.toSorted((a, b) => (a.mark < b.mark ? -1 : Number(a.mark > b.mark)));
    const visit = (at: number, from: number, chosen: readonly number[], touched: number): void => {
      if (found.length >= most) return;
      const missing = ranks - chosen.length;
      const way = inOrder[at];
      if (missing === 0 && touched > 1) found.push(chosen.toSorted((a, b) => a - b));
      if (missing === 0 || !way) return;
      for (const [number, devices] of way.choices.entries()) {
        if (number < from || devices.length > missing) continue;
        // Of GPUs that may stand for each other the first takes the first choice.
        const isTwin = inOrder[at + 1]?.mark === way.mark;
        visit(at + 1, isTwin ? number : 0, [...chosen, ...devices], touched + 1);
      }
      const next = inOrder.findIndex((other, number) => number > at && other.mark !== way.mark);
      if (next !== -1) visit(next, 0, chosen, touched);
    };
    visit(0, 0, [], 0);
  }
  return found;
}

/** The same order on GPUs that may stand for each other, whatever the order of their devices. */
function sorted(choices: readonly (readonly number[])[], marks: Marks): readonly (readonly number[])[] {
  const keyed = choices.map((devices) => ({
    devices,
    key: devices
      .map((device) => marks.device(device))
      .toSorted()
      .join(" "),
  }));
  return keyed.toSorted((a, b) => (a.key < b.key ? -1 : Number(a.key > b.key))).map(({ devices }) => devices);
}

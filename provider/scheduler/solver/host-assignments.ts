import type { Occupancy } from "../occupancy/occupancy.ts";
import type { SymmetryClass, SymmetryClasses } from "./symmetry.ts";
import { admits, type Size, type Workload } from "./workload.ts";

/** Ways to put this many ranks on one GPU, one representative of each class. */
export type ChoicesOn = (open: readonly number[], ranks: number) => readonly (readonly number[])[];

/**
 * Every way to put a model on several GPUs of one host, one representative for interchangeable GPUs and for interchangeable
 * hosts. Those on few GPUs come first, so that what `most` leaves out matters least.
 */
export function enumerateHostChoices(
  occupancy: Occupancy,
  workload: Workload,
  { ranks, bytes }: Size,
  symmetry: SymmetryClasses,
  choicesOn: ChoicesOn,
  most: number,
): readonly (readonly number[])[] {
  const found: (readonly number[])[] = [];
  const gpuClasses = symmetry.gpus();
  const classOf = (gpu: number): SymmetryClass => gpuClasses[gpu] ?? -1;
  const seen = new Set<string>();
  for (const gpus of occupancy.alike) {
    if (seen.size === seen.add(multisetOf(gpus.map(classOf))).size) continue;
    const ways = gpus.map((gpu) => {
      const open = (occupancy.gpus[gpu] ?? []).filter((device) => admits(occupancy, device, workload, bytes));
      const largest = Math.min(open.length, ranks - 1);
      const sizes = Array.from({ length: largest }, (_, less) => largest - less);
      return {
        // Where domains bind, the classes of devices of two GPUs differ by their domains and cannot be matched.
        twins: occupancy.domainsBind ? gpu : classOf(gpu),
        choices: sizes.flatMap((size) => sorted(choicesOn(open, size), symmetry)),
      };
    });
    const inOrder = ways.toSorted((a, b) => a.twins - b.twins);
    const visit = (at: number, from: number, chosen: readonly number[], touched: number): void => {
      if (found.length >= most) return;
      const missing = ranks - chosen.length;
      const way = inOrder[at];
      if (missing === 0 && touched > 1) found.push(chosen.toSorted((a, b) => a - b));
      if (missing === 0 || !way) return;
      for (const [number, devices] of way.choices.entries()) {
        if (number < from || devices.length > missing) continue;
        // Of interchangeable GPUs the first takes the earliest choice, so that no combination is tried twice.
        const isTwin = inOrder[at + 1]?.twins === way.twins;
        visit(at + 1, isTwin ? number : 0, [...chosen, ...devices], touched + 1);
      }
      const next = inOrder.findIndex((other, number) => number > at && other.twins !== way.twins);
      if (next !== -1) visit(next, 0, chosen, touched);
    };
    visit(0, 0, [], 0);
  }
  return found;
}

/** The same order on all interchangeable GPUs, whatever the order of their devices. */
function sorted(
  choices: readonly (readonly number[])[],
  symmetry: SymmetryClasses,
): readonly (readonly number[])[] {
  const keyed = choices.map((devices) => ({
    devices,
    key: multisetOf(devices.map((device) => symmetry.device(device))),
  }));
  return keyed.toSorted((a, b) => (a.key < b.key ? -1 : Number(a.key > b.key))).map(({ devices }) => devices);
}

const multisetOf = (classes: readonly SymmetryClass[]): string => classes.toSorted((a, b) => a - b).join();

import { at, type Occupancy } from "../occupancy/occupancy.ts";
import { compareScores, type Score } from "./candidate-order.ts";
import { enumerateHostChoices } from "./host-assignments.ts";
import { gpusBeyondOne, spansHost } from "./host-gang.ts";
import { fitsDomains } from "./keep.ts";
import type { SymmetryClass, SymmetryClasses } from "./symmetry.ts";
import { admits, type Assignment, type Size, type Workload } from "./workload.ts";

/** At most this many ways to put one gang on one GPU, or on several of a host. Leaving some out costs the proof, not the answer. */
const MOST = 500;

export interface Assignments {
  /** Those that open the fewest devices first, then the tightest. */
  readonly list: readonly Assignment[];
  readonly complete: boolean;
}

export function enumerateAssignments(
  occupancy: Occupancy,
  workload: Workload,
  size: Size,
  symmetry: SymmetryClasses,
): Assignments {
  const seen = new Set<SymmetryClass>();
  const list: Assignment[] = [];
  let complete = true;
  const gpuClasses = symmetry.gpus();
  for (const [gpu, members] of occupancy.gpus.entries()) {
    const open = members.filter((device) => admits(occupancy, device, workload, size.bytes));
    if (open.length < size.ranks) continue;
    if (seen.size === seen.add(gpuClasses[gpu] ?? -1).size) continue;
    const choices = choose(open, size.ranks, symmetry);
    complete &&= choices.length < MOST;
    for (const devices of choices) {
      if (fitsDomains(occupancy, devices, size.bytes)) list.push({ workload, size, devices });
    }
  }
  if (spansHost(workload, size)) {
    const choices = enumerateHostChoices(
      occupancy,
      workload,
      size,
      symmetry,
      (open, ranks) => choose(open, ranks, symmetry),
      MOST,
    );
    complete &&= choices.length < MOST;
    for (const devices of choices) {
      if (fitsDomains(occupancy, devices, size.bytes)) list.push({ workload, size, devices });
    }
  }
  const scored = list.map((assignment) => ({ assignment, score: scoreOf(occupancy, assignment) }));
  scored.sort((a, b) => compareScores(a.score, b.score));
  return { list: scored.map(({ assignment }) => assignment), complete };
}

/** Every choice of this many devices; of interchangeable devices it only matters how many are chosen. */
function choose(
  open: readonly number[],
  ranks: number,
  symmetry: SymmetryClasses,
): readonly (readonly number[])[] {
  const classes = new Map<SymmetryClass, number[]>();
  for (const device of open) {
    const own = symmetry.device(device);
    const known = classes.get(own);
    if (known) known.push(device);
    else classes.set(own, [device]);
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

const scoreOf = (occupancy: Occupancy, { devices }: Assignment): Score => [
  devices.filter((device) => at(occupancy.reservationCount, device) === 0).length,
  devices.reduce((sum, device) => sum + at(occupancy.free, device), 0),
  occupancy.gpuFree[occupancy.gpuOf[devices[0] ?? 0] ?? 0] ?? 0,
  gpusBeyondOne(occupancy, devices),
  devices[0] ?? 0,
];

import {
  type HostObservation,
  memoryGroupOf,
  type ObservedGpu,
  partitionableGpus,
} from "../../detection/observation.ts";
import type { Bdf } from "../../topology/layout.ts";
import {
  type ComputeMode,
  formatModes,
  type MemoryMode,
  type ModePair,
  sameModes,
} from "../../topology/modes.ts";
import { findGpu, type GpuReference } from "./gpu-reference.ts";

/** One line of a declaration: these GPUs, or a number of the remaining GPUs, in this compute mode. */
export interface DesiredGroup {
  readonly compute: ComputeMode;
  readonly memory: MemoryMode;
  readonly gpus?: readonly GpuReference[] | undefined;
  /** Neither `gpus` nor `count`: all that are left. */
  readonly count?: number | undefined;
  /** Where the line stands in the declaration, for messages: "profiles[1]". */
  readonly path: string;
}

/** What a GpuPartitionConfig declares, before any GPU is known. */
export interface DesiredPartitions {
  readonly groups: readonly DesiredGroup[];
  readonly skipped: readonly GpuReference[];
  /** Where the skipped GPUs stand in the declaration, for messages. @default "skippedGPUs.ids" */
  readonly skippedPath?: string;
}

/** A user's mistake: the property and one sentence. */
export interface Problem {
  readonly path: string;
  readonly message: string;
}

/** The mode pair of each declared GPU, by PCI address. */
export type DesiredModes = ReadonlyMap<Bdf, ModePair>;

export type Assignment =
  | {
      readonly ok: true;
      readonly modes: DesiredModes;
      readonly skipped: readonly Bdf[];
      /** GPUs that the declaration names, with the place where. */
      readonly named: readonly { readonly gpu: Bdf; readonly path: string }[];
      readonly warnings: readonly string[];
    }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/**
 * Which GPU gets which modes. Positional as in AMD's Device Config Manager: GPUs in ascending order, without the skipped
 * and the named ones, are dealt to the groups in their order.
 */
export const assignModes = (desired: DesiredPartitions, observation: HostObservation): Assignment =>
  assignTo(partitionableGpus(observation), desired);

/** The same for any GPUs. One whose permitted pairs nobody knows is given any. */
export function assignTo(all: readonly ObservedGpu[], desired: DesiredPartitions): Assignment {
  const gpus = all.toSorted((a, b) => (a.gpu < b.gpu ? -1 : 1));
  const problems: Problem[] = [];
  const warnings: string[] = [];
  const find = (reference: GpuReference, path: string): ObservedGpu | undefined => {
    const found = findGpu(gpus, reference);
    if ("gpu" in found) return found.gpu;
    problems.push({ path, message: found.problem });
    return undefined;
  };
  const taken = new Map<Bdf, string>();
  const take = (gpu: ObservedGpu, path: string): boolean => {
    const before = taken.get(gpu.gpu);
    if (before !== undefined)
      problems.push({ path, message: `names GPU ${gpu.gpu}, which ${before} names already` });
    else taken.set(gpu.gpu, path);
    return before === undefined;
  };
  for (const [number, reference] of desired.skipped.entries()) {
    const path = `${desired.skippedPath ?? "skippedGPUs.ids"}[${number}]`;
    const gpu = find(reference, path);
    if (gpu) take(gpu, path);
  }
  const skipped = [...taken.keys()];
  problems.push(...twoOpen(desired.groups));
  const members = new Map<DesiredGroup, ObservedGpu[]>();
  const named: { readonly gpu: Bdf; readonly path: string }[] = [];
  for (const group of desired.groups) {
    const list = (group.gpus ?? []).flatMap((reference, number) => {
      const path = `${group.path}.gpus[${number}]`;
      const gpu = find(reference, path);
      if (!gpu || !take(gpu, path)) return [];
      named.push({ gpu: gpu.gpu, path });
      return [gpu];
    });
    members.set(group, list);
  }
  dealRest(
    desired.groups,
    gpus.filter((gpu) => !taken.has(gpu.gpu)),
    members,
    gpus.length,
    skipped.length,
    problems,
    warnings,
  );
  problems.push(...contradictions(desired.groups, gpus, members));
  const modes = new Map<Bdf, ModePair>();
  for (const [group, list] of members) {
    const pair = { compute: group.compute, memory: group.memory };
    for (const gpu of list) {
      modes.set(gpu.gpu, pair);
      checkPair(gpu, pair, group.path, problems, warnings);
    }
  }
  if (problems.length > 0) return { ok: false, problems: dedupe(problems) };
  return {
    ok: true,
    modes: new Map([...modes].toSorted(([a], [b]) => (a < b ? -1 : 1))),
    skipped,
    named,
    warnings: [...new Set(warnings)],
  };
}

/** "profiles[0]" of a file of Device Config Manager too. */
const shortPath = ({ path }: DesiredGroup): string => path.replace(/^.*\.(?=profiles\[)/, "");

/** What no host can have, whatever its GPUs. */
function twoOpen(groups: readonly DesiredGroup[]): readonly Problem[] {
  const [open, ...more] = groups.filter((group) => group.gpus === undefined && group.count === undefined);
  return more.map((group) => ({
    path: `${group.path}.numGPUsAssigned`,
    message: `is missing, as in ${open?.path}; only one profile can take the remaining GPUs`,
  }));
}

/** Two memory modes for GPUs that have one together: those of a hive, which are mostly all of the host. */
function contradictions(
  groups: readonly DesiredGroup[],
  gpus: readonly ObservedGpu[],
  members: ReadonlyMap<DesiredGroup, readonly ObservedGpu[]>,
): readonly Problem[] {
  const isOneHive = new Set(gpus.map(memoryGroupOf)).size <= 1;
  const hivesOf = (group: DesiredGroup): ReadonlySet<string> =>
    new Set(members.get(group)?.map(memoryGroupOf));
  return groups.flatMap((group, number) => {
    const own = hivesOf(group);
    const first = groups
      .slice(0, number)
      .find((before) => isOneHive || [...hivesOf(before)].some((hive) => own.has(hive)));
    if (!first || first.memory === group.memory) return [];
    return [
      {
        path: `${group.path}.memoryPartition`,
        message: `is ${group.memory}, but ${shortPath(first)} has ${first.memory}; a host has one memory mode, because it has one driver`,
      },
    ];
  });
}

function dealRest(
  groups: readonly DesiredGroup[],
  rest: readonly ObservedGpu[],
  members: Map<DesiredGroup, ObservedGpu[]>,
  total: number,
  skipped: number,
  problems: Problem[],
  warnings: string[],
): void {
  const counted = groups.filter((group) => group.gpus === undefined);
  if (counted.length === 0) return;
  const wanted = counted.reduce((sum, group) => sum + (group.count ?? 0), 0);
  const open = counted.find((group) => group.count === undefined);
  const exact = open ? wanted <= rest.length : wanted === rest.length;
  if (!exact) {
    const named = total - skipped - rest.length;
    const others = [skipped > 0 ? `${skipped} skipped` : "", named > 0 ? `${named} named` : ""].filter(
      (text) => text !== "",
    );
    problems.push({
      path: counted.length === 1 ? `${counted[0]?.path}.numGPUsAssigned` : listPath(counted),
      message: `asks for ${wanted} GPUs by count, but the host has ${total}${others.length > 0 ? ` (${others.join(", ")})` : ""}, which leaves ${rest.length}`,
    });
    return;
  }
  if (open && wanted === rest.length)
    warnings.push(`${open.path} takes the remaining GPUs, but none are left`);
  let at = 0;
  for (const group of counted) {
    const count = group.count ?? rest.length - wanted;
    members.get(group)?.push(...rest.slice(at, at + count));
    at += count;
  }
}

/** "profiles" of "profiles[1]". */
const listPath = (groups: readonly DesiredGroup[]): string => groups[0]?.path.replace(/\[\d+\]$/, "") ?? "";

function checkPair(
  gpu: ObservedGpu,
  pair: ModePair,
  path: string,
  problems: Problem[],
  warnings: string[],
): void {
  if (gpu.permitted.length === 0) return;
  if (!gpu.permitted.some((one) => sameModes(one, pair))) {
    const list = gpu.permitted.map(formatModes).join(", ");
    problems.push({
      path,
      message: `asks for ${formatModes(pair)}, which ${gpu.accelerator} does not offer; it offers ${list}`,
    });
  } else if (!gpu.validated.some((one) => sameModes(one, pair))) {
    warnings.push(
      `${formatModes(pair)} is permitted by ${gpu.accelerator} but not on AMD's list of validated pairs; try it on one host first`,
    );
  }
}

/** One message per path: eight GPUs that refuse the same pair are one mistake. */
const dedupe = (problems: readonly Problem[]): readonly Problem[] => [
  ...new Map(problems.map((problem) => [`${problem.path}\0${problem.message}`, problem])).values(),
];

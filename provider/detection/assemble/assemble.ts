import type { ListedDevice, PartitionReport, StaticDevice } from "../../amd-smi/report.ts";
import { type Bytes, bytes, sumBytes } from "../../bytes.ts";
import {
  type Accelerator,
  acceleratorByDeviceId,
  acceleratorByGuestDeviceId,
} from "../../topology/accelerators.ts";
import { type Bdf, deviceId } from "../../topology/layout.ts";
import { formatModes, type ModePair } from "../../topology/modes.ts";
import { memoryGroupOf, type ObservedGpu } from "../observation.ts";
import { parseAllocationMode } from "../parse/allocation-mode.ts";
import type { SharedMemory } from "../parse/host-memory.ts";
import type { KfdNode } from "../parse/kfd.ts";
import type { CardFiles } from "../parse/partition-files.ts";
import { wholeXcds, withPresent } from "./dies.ts";
import { fixedModes } from "./fixed-modes.ts";
import { devicesByMode, type ModeSources, permittedPairs, validatedPairs } from "./permitted.ts";

const AMD = 0x10_02;
const PAGE = 4096;

export interface GpuSources {
  readonly nodes: readonly KfdNode[];
  readonly cards: readonly CardFiles[];
  readonly list: readonly ListedDevice[];
  readonly rows: readonly StaticDevice[];
  readonly partition: PartitionReport;
  /** Of APUs. @default none */
  readonly shared?: ReadonlyMap<Bdf, SharedMemory>;
}

/**
 * One entry per physical GPU, joined by PCI address from KFD, sysfs and amd-smi. sysfs is the driver's own word on the
 * modes; amd-smi's is compared with it, and a contradiction is reported, never averaged.
 */
export function assembleGpus(sources: GpuSources): {
  readonly gpus: readonly ObservedGpu[];
  readonly problems: readonly string[];
} {
  const problems: string[] = [];
  const addresses = new Set<Bdf>([
    ...sources.nodes.map((node) => node.gpu),
    ...sources.cards
      .filter((card) => card.vendor === AMD && card.compute !== undefined)
      .map((card) => card.gpu),
  ]);
  const gpus = withHives([...addresses].toSorted().map((gpu) => assemble(gpu, sources, problems)));
  for (const group of new Set(gpus.map(memoryGroupOf))) {
    const modes = gpus
      .filter((gpu) => memoryGroupOf(gpu) === group)
      .flatMap((gpu) => gpu.modes?.memory ?? []);
    const different = [...new Set(modes)].toSorted();
    if (different.length > 1)
      problems.push(
        `the GPUs report different memory modes (${different.join(", ")}), but one driver has one memory mode`,
      );
  }
  return { gpus, problems };
}

/** A GPU of which KFD shows nothing counts to the hive that the others are in. */
function withHives(gpus: readonly ObservedGpu[]): readonly ObservedGpu[] {
  const known = gpus.flatMap((gpu) => (gpu.hive === undefined || gpu.hive === "none" ? [] : [gpu.hive]))[0];
  return known === undefined
    ? gpus
    : gpus.map((gpu) => (gpu.hive === undefined ? { ...gpu, hive: known } : gpu));
}

function assemble(gpu: Bdf, sources: GpuSources, problems: string[]): ObservedGpu {
  const nodes = sources.nodes.filter((node) => node.gpu === gpu);
  const card = sources.cards.find((one) => one.gpu === gpu);
  const primary = sources.list.find((one) => one.bdf === deviceId(gpu, 0));
  const row = primary && sources.rows.find((one) => one.index === primary.index);
  const pciDeviceId = nodes[0]?.pciDeviceId ?? card?.pciDeviceId ?? row?.pciDeviceId ?? 0;
  const accelerator = acceleratorByDeviceId(pciDeviceId);
  const words: ModeSources = {
    profiles: (primary && sources.partition.profiles.get(primary.index)) ?? [],
    memoryModes: primary && sources.partition.memoryModes.get(primary.index),
    card,
    accelerator,
  };
  const found = nodes.reduce((sum, node) => sum + node.xcds, 0) || 1;
  // A GPU that no table knows says itself how many dies it has: a device that is missing does not make it smaller.
  const xcds = accelerator?.xcds ?? Math.max(found, wholeXcds(words, nodes) ?? 0);
  const shared = sources.shared?.get(gpu);
  const settable = isSwitchable(words) ? modesOf(gpu, card, row, problems) : undefined;
  const fixed = settable ? undefined : fixedModes({ pciDeviceId, nodes, card, row });
  const modes = settable ?? fixed;
  const counts = fixed
    ? { [fixed.compute]: nodes.length }
    : withPresent(devicesByMode(words, xcds), settable?.compute, xcds, nodes);
  if (settable) checkCount(gpu, settable, counts[settable.compute], nodes.length, problems);
  const permitted = settable ? permittedPairs(words) : [];
  return {
    gpu,
    uuids: primary?.uuids ?? [],
    oam: primary?.oam ?? row?.oam,
    accelerator: accelerator?.name ?? guestName(pciDeviceId) ?? row?.marketName ?? "unknown",
    ...(nodes[0]?.hive !== undefined && { hive: nodes[0].hive }),
    ...(isPartitionable(nodes[0]) && { partitionable: true }),
    modes,
    ...(fixed && { fixed: true }),
    permitted,
    validated: validatedPairs(accelerator, permitted),
    devicesByMode: counts,
    xcds: fixed ? found : xcds,
    computeUnits:
      (fixed ? undefined : accelerator?.computeUnits) ?? unitsOf(nodes, settable && counts[settable.compute]),
    allocation: card?.allocation ?? parseAllocationMode(row?.allocation ?? ""),
    memory: withinLimit(wholeMemory(nodes, modes, counts, card, accelerator), shared, nodes.length),
    ...(shared && { shared }),
  };
}

/** gfx940 to gfx950 and gfx1250: the silicon that has partition modes, whatever its driver makes of it. */
const isPartitionable = (node: KfdNode | undefined): boolean =>
  node !== undefined &&
  ((node.graphics >= 90_400 && node.graphics < 100_000) ||
    (node.graphics >= 120_500 && node.graphics < 130_000));

/** A driver that shows its mode and offers none (a guest's does) cannot be told to take another. */
const isSwitchable = (words: ModeSources): boolean =>
  words.profiles.length > 0 || (words.card?.availableCompute.length ?? 0) > 0;

/** @param expected devices of its mode; one that is missing counts like the others */
function unitsOf(nodes: readonly KfdNode[], expected: number | undefined): number {
  const sum = nodes.reduce((units, node) => units + node.computeUnits, 0);
  return Math.max(sum, (expected ?? 0) * (nodes[0]?.computeUnits ?? 0));
}

const guestName = (pciDeviceId: number): string | undefined => {
  const whole = acceleratorByGuestDeviceId(pciDeviceId);
  return whole && `${whole.name} VF`;
};

function modesOf(
  gpu: Bdf,
  card: CardFiles | undefined,
  row: StaticDevice | undefined,
  problems: string[],
): ModePair | undefined {
  if (card?.compute === undefined) return undefined;
  const modes: ModePair = { compute: card.compute, memory: card.memory ?? row?.memory ?? "NPS1" };
  const said = { compute: row?.compute ?? modes.compute, memory: row?.memory ?? modes.memory };
  if (formatModes(said) !== formatModes(modes)) {
    problems.push(`${gpu} is ${formatModes(modes)} in sysfs but ${formatModes(said)} in amd-smi`);
  }
  return modes;
}

function checkCount(
  gpu: Bdf,
  modes: ModePair,
  expected: number | undefined,
  found: number,
  problems: string[],
): void {
  if (expected !== undefined && found !== expected) {
    problems.push(`${gpu} in ${formatModes(modes)} should have ${expected} logical devices but has ${found}`);
  }
}

/**
 * The sum over the GPU's nodes when all are there, else what sysfs says, else the table.
 *
 * sysfs corrects the sum in two cases: the kernel rounds each device's share down to whole pages; and where devices may allocate
 * all of their domain, each one shows the whole of it. It does not replace the sum: an APU's driver offers less than its HBM.
 */
function wholeMemory(
  nodes: readonly KfdNode[],
  modes: ModePair | undefined,
  counts: ObservedGpu["devicesByMode"],
  card: CardFiles | undefined,
  accelerator: Accelerator | undefined,
): ObservedGpu["memory"] {
  const complete = nodes.length > 0 && (!modes || counts[modes.compute] === nodes.length);
  const sum = sumBytes(nodes.map((node) => node.memory));
  const whole = card?.vramTotal !== undefined && card.vramTotal > 0 ? bytes(card.vramTotal) : undefined;
  if (!complete || sum === 0) return whole ?? accelerator?.memory ?? sum;
  return whole !== undefined && whole - sum < nodes.length * PAGE ? whole : sum;
}

/** An APU's driver limits allocations, whatever KFD reports. The driver rounds the shares of the devices down from the limit. */
const withinLimit = (
  memory: Bytes,
  shared: SharedMemory | undefined,
  devices: number,
): ObservedGpu["memory"] =>
  shared?.limit !== undefined && shared.limit - memory < devices * PAGE ? shared.limit : memory;

import type { StaticDevice } from "../../amd-smi/report.ts";
import {
  type Accelerator,
  acceleratorByDeviceId,
  acceleratorByGuestDeviceId,
} from "../../topology/accelerators.ts";
import type { ComputeMode, MemoryMode, ModePair } from "../../topology/modes.ts";
import type { KfdNode } from "../parse/kfd.ts";
import type { CardFiles } from "../parse/partition-files.ts";

/** Everything that tells of a GPU whose driver offers no other mode. */
export interface FixedSources {
  readonly pciDeviceId: number;
  readonly nodes: readonly KfdNode[];
  readonly card: CardFiles | undefined;
  readonly row: StaticDevice | undefined;
}

/**
 * The modes of a GPU that cannot be given others from here: a virtual function, or a driver without the switch. The driver's word and
 * amd-smi's come first. Else the dies of one device tell the compute mode, if the table knows how many the whole GPU has: a
 * virtual function with one of eight dies is a device of a GPU in CPX. The memory mode is then the one in which AMD's host driver
 * makes such functions (release notes of GIM 8.5 to 9.4), since a guest is not told.
 *
 * @returns undefined for a GPU without partition modes, as before the MI300 series
 */
export function fixedModes({ pciDeviceId, nodes, card, row }: FixedSources): ModePair | undefined {
  const whole = acceleratorByDeviceId(pciDeviceId) ?? acceleratorByGuestDeviceId(pciDeviceId);
  const compute = card?.compute ?? row?.compute ?? (whole && computeModeOf(whole, nodes));
  if (compute === undefined) return undefined;
  return { compute, memory: card?.memory ?? row?.memory ?? memoryModeOf(whole, compute) };
}

function computeModeOf(whole: Accelerator, nodes: readonly KfdNode[]): ComputeMode | undefined {
  const dies = nodes[0]?.xcds ?? 0;
  const parts = dies > 0 ? whole.xcds / dies : undefined;
  return (Object.keys(whole.devicesByMode) as ComputeMode[]).find(
    (mode) => whole.devicesByMode[mode] === parts,
  );
}

/** DPX goes with NPS2, CPX with the most domains that the GPU has; every other mode with one. */
function memoryModeOf(whole: Accelerator | undefined, compute: ComputeMode): MemoryMode {
  const offered = (whole?.permitted ?? []).filter((pair) => pair.compute === compute);
  const most = offered.at(-1)?.memory ?? "NPS1";
  return compute === "DPX" || compute === "CPX" ? most : "NPS1";
}

import type { Bytes } from "../../bytes.ts";
import type { ComputeMode } from "../../topology/modes.ts";
import type { ObservedGpu } from "../observation.ts";
import type { KfdNode } from "../parse/kfd.ts";
import type { CardFiles } from "../parse/partition-files.ts";
import type { ModeSources } from "./permitted.ts";

/**
 * Dies of the whole GPU: those of one device in SPX, by amd-smi's profiles; else by the compute mode. CPX alone does not tell: its
 * devices have even shares of the memory, and sysfs has that of the whole GPU.
 */
export function wholeXcds({ profiles, card }: ModeSources, nodes: readonly KfdNode[]): number | undefined {
  const whole = profiles.find((profile) => profile.compute === "SPX")?.xccsPerDevice;
  if (whole !== undefined && whole > 0) return whole;
  const [device] = nodes;
  if (!device || !card?.compute) return undefined;
  const devices = DEVICES[card.compute] ?? evenShares(card, device.memory);
  return devices && device.xcds * devices;
}

/** How many devices of this memory the GPU has; undefined where they may allocate more than their share. */
function evenShares({ vramTotal, allocation }: CardFiles, share: Bytes): number | undefined {
  if (vramTotal === undefined || share === 0 || allocation === "ALL") return undefined;
  const shares = Math.round(vramTotal / share);
  return Math.abs(vramTotal - shares * share) < vramTotal / 100 ? shares : undefined;
}

/** Of a mode whose name says it, on any GPU. */
const DEVICES: Partial<Readonly<Record<ComputeMode, number>>> = { SPX: 1, DPX: 2, TPX: 3, QPX: 4 };

/** The present mode has devices even where neither a table nor amd-smi says how many: as many as its name says, or as its dies make. */
export function withPresent(
  counts: ObservedGpu["devicesByMode"],
  present: ComputeMode | undefined,
  xcds: number,
  [device]: readonly KfdNode[],
): ObservedGpu["devicesByMode"] {
  if (present === undefined || counts[present] !== undefined || !device) return counts;
  return { ...counts, [present]: DEVICES[present] ?? Math.floor(xcds / device.xcds) };
}

import type { Bdf } from "../../topology/layout.ts";
import type { DrmNode } from "../parse/drm-nodes.ts";
import type { CardFiles } from "../parse/partition-files.ts";

/** How many DRM devices the host has room for. */
export interface DrmLimit {
  /**
   * "reached": the kernel has given away all of its 64, so that a GPU which has fewer than its partitions need gets no more. "unsaid":
   * some are free, or the kernel has more than 64 (since Linux 6.12; also in 6.6.53 and what distributions made of theirs).
   */
  readonly state: "reached" | "unsaid";
  /** DRM devices of each AMD GPU, made when the driver is loaded, for as many partitions as it could have. */
  readonly devices: Readonly<Record<Bdf, number>>;
  /** Those of other drivers: "ast (card0)". */
  readonly others: readonly string[];
}

/** Minors 0 to 63 are cards, 128 to 191 render nodes; what a newer kernel gives beyond begins at 192 (Linux drivers/gpu/drm/drm_drv.c). */
const DRM_DEVICES = 64;

export function drmLimitOf(nodes: readonly DrmNode[], cards: readonly CardFiles[]): DrmLimit {
  const driverOf = new Map(cards.map((card) => [card.gpu, card.driver]));
  const devices: Record<Bdf, number> = {};
  const others: string[] = [];
  const all = nodes.filter((node) => node.kind === "card");
  for (const { name, address } of all) {
    const driver = driverOf.get(address);
    if (driver === "amdgpu") devices[address] = (devices[address] ?? 0) + 1;
    else others.push(`${driver ?? address} (${name})`);
  }
  const reached = all.length === DRM_DEVICES && all.every((node) => node.minor < DRM_DEVICES);
  return { state: reached ? "reached" : "unsaid", devices, others };
}

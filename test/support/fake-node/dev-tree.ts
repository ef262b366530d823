import { drmSlots } from "./devices.ts";
import type { NodeState } from "./state.ts";
import type { Entries, Entry } from "./tree.ts";

const DRM_MAJOR = 226;
/** Taken from the kernel's dynamic range at load. */
const KFD_MAJOR = 511;

/** /dev/kfd and /dev/dri. The nodes of partitions that do not exist in this mode are there too, as the kernel has it. */
export function devTree(state: NodeState): Entries {
  const entries: (readonly [string, Entry])[] = [];
  if (state.display === "ast") entries.push(drm("card0", 0, "video"));
  if (state.driver === "unloaded") return entries;
  entries.push(["/dev/kfd", { is: "device", major: KFD_MAJOR, minor: 0, group: "render" }]);
  for (const { card, renderMinor } of drmSlots(state)) {
    entries.push(drm(`card${card}`, card, "video"));
    if (!state.missingRenderNodes.includes(renderMinor)) {
      entries.push(drm(`renderD${renderMinor}`, renderMinor, "render"));
    }
  }
  return entries;
}

const drm = (name: string, minor: number, group: "render" | "video"): readonly [string, Entry] => [
  `/dev/dri/${name}`,
  { is: "device", major: DRM_MAJOR, minor, group },
];

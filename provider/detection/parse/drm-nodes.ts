import type { Bdf } from "../../topology/layout.ts";

/** A device file of DRM, and whose it is: of a GPU, or of somebody else's driver. */
export interface DrmNode {
  /** "card1", "renderD128" */
  readonly name: string;
  readonly minor: number;
  readonly kind: "card" | "render";
  /** PCI address of the device it belongs to; a secondary partition's is that of its GPU. */
  readonly address: Bdf;
}

/**
 * All DRM nodes of the host from "<device>/drm/<node>": PCI devices, and the platform devices of secondary partitions, which know
 * nothing of their GPU. The driver makes each GPU's in one go, so the GPU is the PCI device with the next lower card.
 */
export function parseDrmNodes(text: string): readonly DrmNode[] {
  const found = text.split(/\s+/).flatMap((path) => {
    const [, device, name, kind, minor] = NODE.exec(path) ?? [];
    if (device === undefined || name === undefined) return [];
    return [
      { device, name, kind: kind === "card" ? ("card" as const) : ("render" as const), minor: Number(minor) },
    ];
  });
  const cards = found.filter((node) => node.kind === "card").toSorted((a, b) => a.minor - b.minor);
  const addressOf = new Map<string, Bdf>();
  let gpu: Bdf | undefined;
  for (const { device } of cards) {
    if (isPci(device)) gpu = device;
    if (gpu !== undefined) addressOf.set(device, gpu);
  }
  return found.flatMap(({ device, ...node }) => {
    const address = isPci(device) ? device : addressOf.get(device);
    return address === undefined ? [] : [{ ...node, address }];
  });
}

const NODE = /^([^/]{1,64})\/drm\/((card|renderD)(\d{1,9}))$/;

const isPci = (device: string): boolean => /^[0-9a-f]{4}:/.test(device);

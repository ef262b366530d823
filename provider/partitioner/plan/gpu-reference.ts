import type { ObservedGpu } from "../../detection/observation.ts";

/**
 * A GPU as a user names it: its PCI address, its UUID (amd-smi's, or HIP's "GPU-…"), its place on the board ("oam:3"), or its number in
 * PCI order (0 = the lowest address).
 */
export type GpuReference = string | number;

export type FoundGpu = { readonly gpu: ObservedGpu } | { readonly problem: string };

/** @param gpus those that can be named, in PCI order */
export function findGpu(gpus: readonly ObservedGpu[], reference: GpuReference): FoundGpu {
  if (typeof reference === "number") return found(gpus[reference], reference, gpus);
  const oam = /^oam:(\d+)$/i.exec(reference)?.[1];
  if (oam !== undefined) return byOam(gpus, Number(oam));
  const address = normalAddress(reference);
  if (address !== undefined)
    return found(
      gpus.find((gpu) => gpu.gpu === address),
      reference,
      gpus,
    );
  return byUuid(gpus, reference.toLowerCase());
}

const found = (
  gpu: ObservedGpu | undefined,
  reference: GpuReference,
  gpus: readonly ObservedGpu[],
): FoundGpu =>
  gpu ? { gpu } : { problem: `names GPU ${JSON.stringify(reference)}, but the host has ${describe(gpus)}` };

function byOam(gpus: readonly ObservedGpu[], oam: number): FoundGpu {
  const told = gpus.flatMap((gpu) => gpu.oam ?? []).toSorted((a, b) => a - b);
  const name = `names GPU "oam:${oam}"`;
  if (told.length === 0)
    return { problem: `${name}, but the host reports no OAM ids; name it by its PCI address` };
  return onlyOne(
    gpus.filter((gpu) => gpu.oam === oam),
    name,
    `the host has ${told.map((id) => `oam:${id}`).join(", ")}`,
  );
}

function byUuid(gpus: readonly ObservedGpu[], uuid: string): FoundGpu {
  const name = `names GPU "${uuid}"`;
  if (gpus.every((gpu) => gpu.uuids.length === 0))
    return { problem: `${name}, but the host reports no UUIDs; name it by its PCI address` };
  const same = gpus.filter((gpu) => gpu.uuids.includes(uuid));
  const alike = gpus.filter((gpu) =>
    gpu.uuids.some((one) => withoutPartition(one) === withoutPartition(uuid)),
  );
  const told = gpus.map((gpu) => `${gpu.uuids[0] ?? "no UUID"} at ${gpu.gpu}`).join(", ");
  return onlyOne(same.length > 0 ? same : alike, name, `the host has ${told}`);
}

/**
 * The third and fourth digit of amd-smi's UUID are "ff" before ROCm 7.13 and the partition from then on (projects/amdsmi of
 * rocm-systems): what was written down before an upgrade still names the GPU.
 */
const withoutPartition = (uuid: string): string =>
  /^[0-9a-f]{8}-/.test(uuid) ? `${uuid.slice(0, 2)}${uuid.slice(4)}` : uuid;

function onlyOne(matches: readonly ObservedGpu[], name: string, told: string): FoundGpu {
  const [gpu, second] = matches;
  if (gpu === undefined) return { problem: `${name}, but ${told}` };
  if (second === undefined) return { gpu };
  const both = matches.map((one) => one.gpu).join(" and ");
  return { problem: `${name}, which ${both} both have; name it by its PCI address` };
}

const normalAddress = (reference: string): string | undefined => {
  const match = /^(?:([0-9a-f]{4}):)?([0-9a-f]{2}:[0-9a-f]{2})(?:\.[0-9a-f])?$/i.exec(reference);
  return match ? `${match[1] ?? "0000"}:${match[2]}.0`.toLowerCase() : undefined;
};

const describe = (gpus: readonly ObservedGpu[]): string =>
  gpus.length === 0
    ? "no partitionable GPU"
    : `GPUs 0 to ${gpus.length - 1} (${gpus.map((gpu) => gpu.gpu).join(", ")})`;

import type { HostedDevice } from "./pool.ts";

/**
 * Groups of GPUs, by number, whose devices can serve one model together: GPUs of one host with the same number of devices
 * and the same compute units per device. The ranks of a model wait for each other, so a smaller device would slow down all.
 * A GPU that has no alike on its host is in no group.
 *
 * @param gpus numbers of the devices of each GPU
 */
export function alikeGpus(
  devices: readonly HostedDevice[],
  gpus: readonly (readonly number[])[],
): readonly (readonly number[])[] {
  const groups = new Map<string, number[]>();
  for (const [gpu, members] of gpus.entries()) {
    const first = devices[members[0] ?? 0];
    if (!first) continue;
    const key = [members.length, first.computeUnits, first.hostId].join("/");
    const group = groups.get(key);
    if (group) group.push(gpu);
    else groups.set(key, [gpu]);
  }
  return [...groups.values()].filter((group) => group.length > 1);
}

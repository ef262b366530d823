import { sumBytes } from "../bytes.ts";
import { formGang, type Gang, type Need } from "./gang.ts";
import type { Ledger } from "./ledger.ts";
import { compareDevices, type HostedDevice } from "./pool.ts";
import { shareOut } from "./share-out.ts";

/** Devices of several GPUs of one host that are alike, GPU by GPU. */
export type AlikeGpus = readonly (readonly HostedDevice[])[];

/**
 * GPUs of each host whose devices can work on one model together: the ranks of a gang wait for each other, so a smaller device
 * would hold up all. A GPU that is like no other of its host is left out: it is a candidate of its own.
 */
export function alikeGpus(gpus: readonly (readonly HostedDevice[])[]): readonly AlikeGpus[] {
  const groups = new Map<string, (readonly HostedDevice[])[]>();
  for (const devices of gpus) {
    const [first] = devices;
    if (!first) continue;
    const key = [devices.length, first.computeUnits, first.hostId].join("/");
    const group = groups.get(key);
    if (group) group.push(devices);
    else groups.set(key, [devices]);
  }
  return [...groups.values()].filter((group) => group.length > 1);
}

/** The best devices of several GPUs of one host: on the fewest GPUs that can hold all ranks. */
export function formHostGang(gpus: AlikeGpus, ledger: Ledger, need: Need): Gang {
  const all = gpus.flat();
  const any = formGang(all, ledger, need);
  if (!any.formed) return any;
  const rooms = gpus.map((devices) => ({
    ranks: mostRanks(devices, ledger, need),
    free: sumBytes(devices.map((device) => ledger.free(device))),
  }));
  const shares = shareOut(rooms, need.tensorParallel, need.strategy) ?? [];
  const chosen = shares.flatMap(({ gpu, ranks }) => {
    const gang = formGang(gpus[gpu] ?? [], ledger, { ...need, tensorParallel: ranks });
    return gang.formed ? gang.devices : [];
  });
  return { formed: true, devices: chosen.toSorted(compareDevices) };
}

/** Of so many ranks the GPU can take all, and one more it cannot. */
function mostRanks(devices: readonly HostedDevice[], ledger: Ledger, need: Need): number {
  let ranks = Math.min(devices.length, need.tensorParallel);
  while (ranks > 0 && !formGang(devices, ledger, { ...need, tensorParallel: ranks }).formed) ranks--;
  return ranks;
}

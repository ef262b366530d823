import { at, type Occupancy } from "../occupancy/occupancy.ts";
import { compareScores, type Score } from "./candidate-order.ts";
import { distributeRanks } from "./distribute-ranks.ts";
import { admits, pickAmong, type Size, type Workload } from "./workload.ts";

/** Whether the workload may be on several GPUs of a host in this size. */
export const spansHost = ({ request }: Workload, { ranks }: Size): boolean =>
  request.span === "host" && ranks > 1;

/** Number of GPUs that the ranks are on, without the first: what spanning costs. */
export const gpusBeyondOne = (occupancy: Occupancy, devices: readonly number[]): number =>
  devices.length < 2 ? 0 : new Set(devices.map((device) => occupancy.gpuOf[device])).size - 1;

/** No assignment of the workload in its fewest ranks has a smaller `gpusBeyondOne`. */
export function leastGpusBeyondOne(occupancy: Occupancy, { request, sizes }: Workload): number {
  if (request.span !== "host") return 0;
  return Math.max(0, Math.ceil((sizes[0]?.ranks ?? 0) / occupancy.largestGpu) - 1);
}

/**
 * Devices on the fewest GPUs that one host needs for the workload: of each group of alike GPUs one choice, of these the best.
 *
 * @param scoreOf what the choices are compared by
 */
export function pickOnHost(
  occupancy: Occupancy,
  workload: Workload,
  size: Size,
  scoreOf: (devices: readonly number[]) => Score,
): readonly number[] | undefined {
  let best: { readonly score: Score; readonly devices: readonly number[] } | undefined;
  for (const gpus of occupancy.alike) {
    const devices = pickOnGpus(occupancy, gpus, workload, size);
    if (!devices) continue;
    const score = scoreOf(devices);
    if (!best || compareScores(score, best.score) < 0) best = { score, devices };
  }
  return best?.devices;
}

function pickOnGpus(
  occupancy: Occupancy,
  gpus: readonly number[],
  workload: Workload,
  size: Size,
): readonly number[] | undefined {
  const rooms = gpus.map((gpu) => ({
    ranks: ranksOn(occupancy, occupancy.gpus[gpu] ?? [], workload, size.bytes),
    free: at(occupancy.gpuFree, gpu),
  }));
  const shares = distributeRanks(rooms, size.ranks, workload.request.strategy);
  return shares?.flatMap(
    ({ gpu, ranks }) =>
      pickAmong(occupancy, occupancy.gpus[gpus[gpu] ?? 0] ?? [], workload, { ...size, ranks }) ?? [],
  );
}

/** The most ranks that these devices can take: a device takes one, a memory domain what it has room for. */
function ranksOn(
  occupancy: Occupancy,
  members: readonly number[],
  workload: Workload,
  bytes: number,
): number {
  const open = members.filter((device) => admits(occupancy, device, workload, bytes));
  if (!occupancy.domainsBind) return open.length;
  const byDomain = new Map<number, number>();
  for (const device of open) {
    const domain = at(occupancy.domainOf, device);
    byDomain.set(domain, (byDomain.get(domain) ?? 0) + 1);
  }
  return [...byDomain].reduce(
    (sum, [domain, count]) => sum + Math.min(count, Math.floor(at(occupancy.domainFree, domain) / bytes)),
    0,
  );
}

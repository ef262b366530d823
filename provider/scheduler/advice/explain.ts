import { type Bytes, bytes, formatBytes } from "../../bytes.ts";
import type { MemoryEstimate } from "../../models/estimate.ts";
import { at, type Occupancy } from "../occupancy/occupancy.ts";
import type { HostedDevice } from "../occupancy/pool.ts";
import type { Placement, Refusal } from "../request.ts";
import type { NearMiss } from "./near-misses.ts";

type Estimates = ReadonlyMap<number, MemoryEstimate>;

/** "weights 15.0 GiB + KV cache 2.0 GiB + … = 20.0 GiB", in upper bounds, which is what is placed. */
function explainSum(estimate: MemoryEstimate, total: string): string {
  const parts = estimate.terms.filter((term) => term.high > 0);
  return `${parts.map((term) => `${term.name} ${formatBytes(term.high)}`).join(" + ")} = ${total}`;
}

/** The two sides of an inequality, with as many digits as it takes to see that they differ. */
export function comparable(left: Bytes, right: Bytes): readonly [string, string] {
  if (left === right || formatBytes(left) !== formatBytes(right))
    return [formatBytes(left), formatBytes(right)];
  const [finer, other] = [left, right].map((value) => `${(value / 1024 ** 3).toFixed(3)} GiB`);
  return finer === other ? [`${left} B`, `${right} B`] : [finer ?? "", other ?? ""];
}

/**
 * The proof of a placement. It holds only what the model, its devices and their capacities say, so it stays the same
 * while neighbours come and go.
 *
 * @param usable capacity of a device without the kernel's reserve
 */
export function explainPlacement(
  placement: Placement,
  estimate: MemoryEstimate,
  usable: (device: HostedDevice) => Bytes,
): readonly string[] {
  const [smallest] = placement.devices.toSorted((a, b) => usable(a) - usable(b));
  if (!smallest) return [];
  const [claim, room] = comparable(placement.bytesPerDevice, usable(smallest));
  const where =
    placement.devices.length === 1
      ? smallest.id
      : `each of ${placement.devices.map((device) => device.id).join(", ")}`;
  return [`on ${where}`, explainSum(estimate, claim), `${claim} <= ${room} usable on ${smallest.id}`];
}

/** What else is on the devices and what is left; nothing when the model is alone. Changes with the neighbours. */
export function explainNeighbours(placement: Placement, others: Occupancy): readonly string[] {
  return placement.devices.flatMap((device) => {
    const number = others.numberOf(device.hostId, device.id) ?? -1;
    const holders = others.reservedBy.get(number) ?? [];
    if (holders.length === 0) return [];
    const [claim, free] = comparable(placement.bytesPerDevice, bytes(Math.max(0, at(others.free, number))));
    return [`beside ${holders.join(", ")}: ${claim} <= ${free} left free on ${device.id}`];
  });
}

/** "1 device: weights … = 33.6 GiB > 23.9 GiB free on 0000:0c:00.0": the inequality that failed. */
export const explainRefusal = (refusal: Refusal, estimates: Estimates): string =>
  `${countOf(refusal)}: ${inequality(refusal, sumOf(refusal, estimates))}`;

/**
 * The candidates that came nearest, one line each: "1 device of 0000:0c:00.0 (like 7 more GPUs): …". The sum is written out
 * once for each number of ranks.
 */
export function explainMisses(misses: readonly NearMiss[], estimates: Estimates): readonly string[] {
  const shown = new Set<number>();
  const hosts = new Set(misses.map((miss) => miss.hostId));
  return misses.map(({ hostId, gpu, gpus, refusal, alike }) => {
    const isFirst = shown.size < shown.add(refusal.tensorParallel).size;
    const sum = isFirst ? sumOf(refusal, estimates) : (total: string): string => total;
    const part = gpu ?? `${gpus} GPUs together`;
    const place = hosts.size > 1 ? `${part} on ${hostId}` : part;
    const kind = gpu === undefined ? "host" : "GPU";
    const others = alike === 0 ? "" : ` (like ${alike} more ${alike === 1 ? kind : `${kind}s`})`;
    return `${countOf(refusal)} of ${place}${others}: ${inequality(refusal, sum)}`;
  });
}

const countOf = ({ tensorParallel }: Refusal): string =>
  tensorParallel === 1 ? "1 device" : `${tensorParallel} devices`;

function sumOf({ tensorParallel }: Refusal, estimates: Estimates): (total: string) => string {
  const estimate = estimates.get(tensorParallel);
  return (total) => (estimate ? explainSum(estimate, total) : total);
}

function inequality(refusal: Refusal, sum: (total: string) => string): string {
  switch (refusal.kind) {
    case "memory": {
      const [demand, free] = comparable(refusal.demand, refusal.free);
      return `${sum(demand)} > ${free} free on ${refusal.device.id}`;
    }
    case "domain": {
      const [demand, free] = comparable(refusal.demand, refusal.free);
      return `${sum(demand)} > ${free} free in memory domain ${refusal.device.domain}`;
    }
    case "held":
      return `${refusal.device.id} is held by ${refusal.holders.join(", ")}, and one of them is exclusive`;
    case "apart":
      return `${refusal.device.id} is not apart from others of group ${refusal.group}`;
    case "devices":
      return `${refusal.tensorParallel} > ${refusal.available} to choose from`;
    case "ranks":
      return "it cannot be divided so";
    default:
      return refusal satisfies never;
  }
}

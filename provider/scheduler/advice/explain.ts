import { type Bytes, bytes, formatBytes } from "../../bytes.ts";
import type { Message } from "../../message.ts";
import type { MemoryEstimate } from "../../models/memory/estimate.ts";
import { comparable } from "../comparable.ts";
import { at, type Occupancy } from "../occupancy/occupancy.ts";
import type { HostedDevice } from "../occupancy/pool.ts";
import type { Placement, Refusal } from "../request.ts";
import { placementMessages, refusalMessages } from "./messages.ts";
import type { NearMiss } from "./near-misses.ts";

type Estimates = ReadonlyMap<number, MemoryEstimate>;

/** "weights 15.0 GiB + KV cache 2.0 GiB + … = 20.0 GiB", in upper bounds, which is what is placed. */
function explainSum(estimate: MemoryEstimate, total: string): string {
  const parts = estimate.terms.filter((term) => term.high > 0);
  return `${parts.map((term) => `${term.name} ${formatBytes(term.high)}`).join(" + ")} = ${total}`;
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

/** The models that the devices are shared with, and what is left; none when the model is alone. Changes with the neighbours. */
export function explainNeighbours(placement: Placement, others: Occupancy): readonly Message[] {
  return placement.devices.flatMap((device) => {
    const number = others.numberOf(device.hostId, device.id) ?? -1;
    const keys = others.reservedBy.get(number) ?? [];
    if (keys.length === 0) return [];
    const [claim, free] = comparable(placement.bytesPerDevice, bytes(Math.max(0, at(others.free, number))));
    return [placementMessages["device-shared"]({ deviceId: device.id, keys, claim, free })];
  });
}

/** "the model does not fit on 1 device: weights … = 33.6 GiB > 23.9 GiB free on 0000:0c:00.0" */
export const explainRefusal = (refusal: Refusal, estimates: Estimates): Message =>
  placementMessages["fewer-ranks-refused"]({
    ranks: refusal.tensorParallel,
    reason: inequality(refusal, sumOf(refusal, estimates)).text,
  });

/**
 * The candidates that came nearest: "1 device of 0000:0c:00.0 (like 7 more GPUs): …". The sum is written out once for each
 * number of ranks.
 */
export function explainMisses(misses: readonly NearMiss[], estimates: Estimates): readonly Message[] {
  const shown = new Set<number>();
  const hosts = new Set(misses.map((miss) => miss.hostId));
  return misses.map(({ hostId, gpu, gpus, refusal, alike }) => {
    const isFirst = shown.size < shown.add(refusal.tensorParallel).size;
    const sum = isFirst ? sumOf(refusal, estimates) : (total: string): string => total;
    const part = gpu ?? `${gpus} GPUs together`;
    return placementMessages["refused-on"]({
      ranks: refusal.tensorParallel,
      place: hosts.size > 1 ? `${part} on ${hostId}` : part,
      alike,
      kind: gpu === undefined ? "host" : "GPU",
      reason: inequality(refusal, sum).text,
    });
  });
}

function sumOf({ tensorParallel }: Refusal, estimates: Estimates): (total: string) => string {
  const estimate = estimates.get(tensorParallel);
  return (total) => (estimate ? explainSum(estimate, total) : total);
}

function inequality(refusal: Refusal, sum: (total: string) => string): Message {
  switch (refusal.kind) {
    case "memory": {
      const [demand, free] = comparable(refusal.demand, refusal.free);
      return refusalMessages["refused-memory"]({ demand: sum(demand), free, deviceId: refusal.device.id });
    }
    case "domain": {
      const [demand, free] = comparable(refusal.demand, refusal.free);
      return refusalMessages["refused-domain"]({
        demand: sum(demand),
        free,
        domainId: refusal.device.domain,
      });
    }
    case "held":
      return refusalMessages["refused-exclusive"]({ deviceId: refusal.device.id, keys: refusal.reservedBy });
    case "anti-affinity":
      return refusalMessages["refused-anti-affinity"]({ deviceId: refusal.device.id, group: refusal.group });
    case "devices":
      return refusalMessages["refused-devices"]({
        ranks: refusal.tensorParallel,
        available: refusal.available,
      });
    case "ranks":
      return refusalMessages["refused-ranks"]({ ranks: refusal.tensorParallel });
    default:
      return refusal satisfies never;
  }
}

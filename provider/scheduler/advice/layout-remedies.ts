import { bytes, sumBytes } from "../../bytes.ts";
import {
  compareDevices,
  compareText,
  type HostedDevice,
  hostKey,
  type Pool,
  type Reservation,
} from "../occupancy/pool.ts";
import { place } from "../solver/place.ts";
import { reservationOf } from "../solver/placements.ts";
import { type Alternative, alternativesOf } from "./layout-alternatives.ts";
import { remedyMessages as say } from "./messages.ts";
import { fits, type PlacementProblem, placeWith } from "./placement-problem.ts";
import type { Remedy } from "./remedy.ts";

/** Changes around a model instead of to it: to other models, or to the modes of the GPUs. */
export function layoutRemedies(problem: PlacementProblem): readonly Remedy[] {
  const inTheWay = othersInTheWay(problem);
  const layout = problem.hosts ? otherLayout(problem) : wholeGpu(problem);
  return [
    ...(inTheWay === undefined
      ? []
      : [{ property: "reservations", value: inTheWay, ...say["free-devices"]({ key: inTheWay }) } as const]),
    ...(layout ? [layout] : []),
  ];
}

/** The first other model without which this model would fit, or all of them when it takes more than one. */
function othersInTheWay(problem: PlacementProblem): string | undefined {
  const { reservations, key } = problem;
  const others = reservations.map((other) => other.key).filter((other) => other !== key);
  const fitsWithout = (released: readonly string[]): boolean =>
    fits({ ...problem, reservations: reservations.filter((other) => !released.includes(other.key)) });
  if (others.length === 0 || !fitsWithout(others)) return undefined;
  return others.toSorted(compareText).find((other) => fitsWithout([other])) ?? ALL_OTHERS;
}

export const ALL_OTHERS = "all other models";

/** The smallest change of modes after which this model and all models whose devices change have a place. */
function otherLayout(problem: PlacementProblem): Remedy | undefined {
  const others = problem.reservations.filter((one) => one.key !== problem.key);
  for (const alternative of alternativesOf(problem.hosts ?? [], problem.pool, others)) {
    if (!fitsWithDisplaced(problem, alternative)) continue;
    const displaced = alternative.displaced.map((one) => one.key).toSorted(compareText);
    return {
      property: "layout",
      value: alternative.name,
      ...say["change-layout"]({ change: alternative.name, displaced }),
    };
  }
  return undefined;
}

export function fitsWithDisplaced(problem: PlacementProblem, alternative: Alternative): boolean {
  const { pool, staying, displaced } = alternative;
  const first = placeWith({ ...problem, pool, reservations: staying });
  if (!first) return false;
  // The memory of a process cannot be moved, and no mode is changed under it.
  if (displaced.some((one) => one.origin === "process")) return false;
  const held: Reservation[] = [...staying, reservationOf(first)];
  for (const one of displaced) {
    const result = place(pool, held, {
      key: one.key,
      demandByTensorParallel: new Map([[one.deviceIds.length, one.bytesPerDevice]]),
      tensorParallel: one.deviceIds.length,
      span: isOnSeveralGpus(one, problem.pool) ? "host" : "gpu",
      strategy: "pack",
      exclusive: one.exclusive ?? false,
      antiAffinity: one.antiAffinity,
    });
    if (!result) return false;
    held.push(reservationOf(result.placement));
  }
  return true;
}

const isOnSeveralGpus = ({ hostId, deviceIds }: Reservation, pool: Pool): boolean =>
  new Set(
    pool.devices
      .filter((device) => device.hostId === hostId && deviceIds.includes(device.id))
      .map((device) => device.gpu),
  ).size > 1;

/** Where only the devices of the host are known: every GPU as a single device, a mode that every GPU has. */
function wholeGpu(problem: PlacementProblem): Remedy | undefined {
  const pool = wholeGpus(problem.pool);
  // Partitions have other ids in other layouts, so a pin to partitions is left out.
  const pin = problem.options.pin?.gpus && { gpus: problem.options.pin.gpus };
  const options = { ...problem.options, pin };
  if (!pool || !fits({ ...problem, options, pool, reservations: [] })) return undefined;
  const largest = bytes(Math.max(...pool.devices.map((device) => device.capacity)));
  return { property: "layout", value: "SPX/NPS1", ...say["whole-gpu"]({ capacity: largest }) };
}

/** undefined when every GPU is one device already. */
function wholeGpus(pool: Pool): Pool | undefined {
  const gpus = devicesByGpu(pool);
  if (gpus.every((devices) => devices.length === 1)) return undefined;
  const devices = gpus.flatMap((parts): readonly HostedDevice[] => {
    const [first] = parts;
    const own = pool.domains.filter((one) => one.hostId === first?.hostId && one.gpu === first.gpu);
    // Where each device may take all of its domain, the sum over the devices counts it several times.
    const capacity = bytes(
      Math.min(
        sumBytes(parts.map((part) => part.capacity)),
        sumBytes(own.map((one) => one.capacity)) || Infinity,
      ),
    );
    return first ? [{ ...first, capacity, domain: first.gpu }] : [];
  });
  const domains = devices.map(({ hostId, gpu, domain, capacity }) => ({ hostId, gpu, id: domain, capacity }));
  return { devices, domains };
}

function devicesByGpu(pool: Pool): readonly (readonly HostedDevice[])[] {
  const groups = new Map<string, HostedDevice[]>();
  for (const device of pool.devices.toSorted(compareDevices)) {
    const key = hostKey(device.hostId, device.gpu);
    const group = groups.get(key);
    if (group) group.push(device);
    else groups.set(key, [device]);
  }
  return [...groups.values()];
}

import { type Bytes, bytes, sumBytes } from "../bytes.ts";
import type { FoundModel } from "../models/shape/shape.ts";
import type { ModelArgs } from "../schema/model-spec.ts";
import type { ScheduleOptionsArgs } from "../schema/placement.ts";
import { type CapacityHost, type HostModes, layoutsOf, poolWith } from "./capacity-layouts.ts";
import { at, openOccupancy } from "./occupancy/occupancy.ts";
import { readRequest } from "./read-request.ts";
import type { Placement } from "./request.ts";
import { type FleetRequest, scheduleFleet } from "./schedule-fleet.ts";
import { reservationOf } from "./solver/placements.ts";
import type { Proof } from "./solver/proof.ts";

export interface CapacityModel extends ScheduleOptionsArgs {
  /** A string is looked up in the catalog; what `resolveModel` found is taken as it is. */
  readonly model: ModelArgs | FoundModel;
  /** @default 1 */
  readonly replicas?: number | undefined;
}

/** A layout that holds the models, or as many of them as any does. */
export interface CapacityPlan {
  readonly hosts: readonly HostModes[];
  readonly placements: readonly Placement[];
  /** Keys of models without a place. */
  readonly refused: readonly string[];
  /** Bytes that stay free on all devices together. */
  readonly spare: Bytes;
  /** Bytes that stay free on the freest device: the largest model of one rank that could still come. */
  readonly largestRest: Bytes;
  /** Hosts whose driver has to reload. */
  readonly driverReloads: readonly string[];
  readonly proof: Proof;
}

export type CapacityAnswer =
  | {
      readonly ok: true;
      /** Whether the first plan holds all models. */
      readonly fits: boolean;
      /** The best first. */
      readonly plans: readonly CapacityPlan[];
      /** Layouts that were tried. */
      readonly tried: number;
      /** "every": no layout was left out. "uniform": with several hosts, all GPUs of one host have one mode. */
      readonly searched: "every" | "uniform";
    }
  | { readonly ok: false; readonly error: string };

/** More layouts of several hosts than this are not gone through. */
const MOST_LAYOUTS = 4000;
const MOST_PLANS = 5;
/** For one layout: most are decided by the bound. */
const NODES = 20_000;

/**
 * Which layouts host these models, before any layout exists: every mode of every GPU is tried, the memory mode being that of a
 * whole host. Of those that hold the models the best are answered: the fewest driver reloads, then the fewest GPUs to change,
 * then the fewest ranks, then the most room in one piece. Pure; hosts are as empty.
 */
export function planCapacity(
  models: Readonly<Record<string, CapacityModel>>,
  hosts: readonly CapacityHost[],
): CapacityAnswer {
  const read = requestsOf(models);
  if (!read.ok) return read;
  const kind = hosts.length === 1 ? "mixed" : "uniform";
  const layouts = combinations(hosts.map((host) => layoutsOf(host, kind)));
  if (layouts.length > MOST_LAYOUTS) {
    const error = `hosts: ${hosts.length} hosts have more than ${MOST_LAYOUTS} layouts together; ask for fewer hosts at a time`;
    return { ok: false, error };
  }
  const plans = layouts.map((modes) => planOn(hosts, modes, read.requests)).toSorted(comparePlans);
  const [best] = plans;
  return {
    ok: true,
    fits: best?.refused.length === 0,
    plans: plans.filter((plan) => plan.refused.length === best?.refused.length).slice(0, MOST_PLANS),
    tried: plans.length,
    searched: kind === "mixed" ? "every" : "uniform",
  };
}

function requestsOf(
  models: Readonly<Record<string, CapacityModel>>,
):
  | { readonly ok: true; readonly requests: readonly FleetRequest[] }
  | { readonly ok: false; readonly error: string } {
  const requests: FleetRequest[] = [];
  for (const [key, { model, replicas, ...options }] of Object.entries(models)) {
    const request = readRequest(model, options);
    if (!request.ok) return { ok: false, error: `${key}: ${request.error}` };
    for (let copy = 0; copy < (replicas ?? 1); copy++) {
      requests.push({ ...request, key: replicas === undefined ? key : `${key}-${copy}` });
    }
  }
  return { ok: true, requests };
}

/** One of each list. */
function combinations<T>(lists: readonly (readonly T[])[]): readonly (readonly T[])[] {
  let found: readonly (readonly T[])[] = [[]];
  for (const list of lists) {
    if (found.length > MOST_LAYOUTS) return found;
    found = found.flatMap((some) => list.map((one) => [...some, one]));
  }
  return found;
}

function planOn(
  hosts: readonly CapacityHost[],
  modes: readonly HostModes[],
  requests: readonly FleetRequest[],
): CapacityPlan {
  const pool = poolWith(hosts, modes);
  const { placements, refused, proof, mistakes } = scheduleFleet(pool, [], requests, { nodes: NODES });
  const occupancy = openOccupancy(pool, placements.map(reservationOf));
  const free = occupancy.devices.map((_, device) =>
    bytes(at(occupancy.closed, device) > 0 ? 0 : Math.max(0, at(occupancy.free, device))),
  );
  return {
    hosts: modes,
    placements,
    refused: [...refused.map(({ key }) => key), ...mistakes.keys()].toSorted(),
    spare: sumBytes(free),
    largestRest: bytes(Math.max(0, ...free)),
    driverReloads: modes.filter((one) => one.driverReload).map((one) => one.host),
    proof,
  };
}

const changed = ({ hosts }: CapacityPlan): number => hosts.reduce((sum, one) => sum + one.changedGpus, 0);

const comparePlans = (a: CapacityPlan, b: CapacityPlan): number =>
  a.refused.length - b.refused.length ||
  a.driverReloads.length - b.driverReloads.length ||
  changed(a) - changed(b) ||
  a.proof.extraRanks.value - b.proof.extraRanks.value ||
  b.largestRest - a.largestRest;

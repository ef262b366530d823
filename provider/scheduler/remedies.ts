import { bytes, formatBytes, sumBytes } from "../bytes.ts";
import { resolveServing } from "../models/defaults.ts";
import { blocksOf, KV_BLOCK_TOKENS } from "../models/kv-blocks.ts";
import { kvElementBytes, lowerPrecisions, resolvePrecision } from "../models/precision.ts";
import type { ModelShape } from "../models/shape.ts";
import { legalTensorParallel, quantisationLayout } from "../models/tensor-parallel.ts";
import type { ScheduleOptions } from "../schema/model.ts";
import { claims, demandOf } from "./demand.ts";
import { groupByGpu, place } from "./place.ts";
import { compareText, type HostedDevice, type Pool, type Reservation } from "./pool.ts";
import type { AntiAffinity } from "./request.ts";

/** One change that was tried and makes the model fit. */
export interface Remedy {
  /** The option to change; "layout" and "reservations" are not the model's own. */
  readonly property: keyof ScheduleOptions | "layout" | "reservations";
  readonly value: number | string;
  /** "maxNumSeqs 5" */
  readonly sentence: string;
}

/** Devices as they would be under other modes of the GPUs. */
export interface Alternative {
  /** "qpx_nps4" */
  readonly name: string;
  readonly pool: Pool;
}

export interface Situation {
  readonly key: string;
  readonly shape: ModelShape;
  readonly options: ScheduleOptions;
  readonly pool: Pool;
  readonly reservations: readonly Reservation[];
  readonly antiAffinity?: AntiAffinity | undefined;
  /** Other layouts, the finest first. @default every GPU as one device (SPX), which every GPU offers */
  readonly alternatives?: readonly Alternative[];
}

/** Whether the model would be placed; estimated and searched anew, never guessed. */
function fits(situation: Situation, changed: Partial<ScheduleOptions> = {}): boolean {
  const options = { ...situation.options, ...changed };
  const demand = demandOf(situation.shape, resolveServing(situation.shape, options), options.tensorParallel);
  if (!demand.ok) return false;
  return place(situation.pool, situation.reservations, {
    key: situation.key,
    demandByTensorParallel: claims(demand.estimates),
    tensorParallel: options.tensorParallel,
    strategy: options.strategy,
    exclusive: options.exclusive,
    pin: options.pin,
    antiAffinity: situation.antiAffinity,
  }).placed;
}

/** All single changes that make a refused model fit, those that take least from the user first. */
export function findRemedies(situation: Situation): readonly Remedy[] {
  return [
    ...servingRemedies(situation),
    ...precisionRemedies(situation),
    ...placementRemedies(situation),
    ...layoutRemedies(situation),
  ];
}

/** How much less the engine would have to hold at once. */
export function servingRemedies(situation: Situation): readonly Remedy[] {
  const { maxModelLen, maxNumSeqs, kvCacheTokens } = resolveServing(situation.shape, situation.options);
  const budget = largest(blocksOf(maxModelLen), blocksOf(kvCacheTokens) - 1, (count) =>
    fits(situation, { kvCacheTokens: count * KV_BLOCK_TOKENS }),
  );
  const sequences = largest(1, maxNumSeqs - 1, (count) => fits(situation, { maxNumSeqs: count }));
  const length = largest(1, blocksOf(maxModelLen) - 1, (count) =>
    fits(situation, { maxModelLen: count * KV_BLOCK_TOKENS }),
  );
  return [
    ...numeric("kvCacheTokens", budget && budget * KV_BLOCK_TOKENS),
    ...numeric("maxNumSeqs", sequences),
    ...numeric("maxModelLen", length && length * KV_BLOCK_TOKENS),
  ];
}

function precisionRemedies(situation: Situation): readonly Remedy[] {
  const { shape, options } = situation;
  const dtype = resolvePrecision(shape, options.precision);
  const kv = kvElementBytes(options.kvCacheDtype, dtype) > 1 && fits(situation, { kvCacheDtype: "fp8" });
  const precision = lowerPrecisions(dtype).find((lower) => fits(situation, { precision: lower }));
  return [
    ...(kv ? [remedy("kvCacheDtype", "fp8")] : []),
    ...(precision === undefined ? [] : [remedy("precision", precision)]),
  ];
}

function placementRemedies(situation: Situation): readonly Remedy[] {
  const { shape, options } = situation;
  const remedies: Remedy[] = [];
  const asked = options.tensorParallel;
  if (asked !== "auto") {
    const layout = quantisationLayout(shape, resolvePrecision(shape, options.precision));
    const larger = legalTensorParallel(shape, layout).filter((size) => size > asked);
    const size = larger.find((tensorParallel) => fits(situation, { tensorParallel }));
    if (size !== undefined) remedies.push(remedy("tensorParallel", size));
  }
  if (options.pin && fits(situation, { pin: undefined })) {
    remedies.push({ property: "pin", value: "none", sentence: "no pin" });
  }
  if (options.exclusive && fits(situation, { exclusive: false })) {
    remedies.push({ property: "exclusive", value: "false", sentence: "exclusive: false" });
  }
  return remedies;
}

/** What would have to change around the model instead. */
function layoutRemedies(situation: Situation): readonly Remedy[] {
  const remedies: Remedy[] = [];
  const inTheWay = othersInTheWay(situation);
  if (inTheWay !== undefined) {
    remedies.push({ property: "reservations", value: inTheWay, sentence: `the devices of ${inTheWay}` });
  }
  // Partitions have other ids in other layouts, so a pin to them means nothing there.
  const pin = situation.options.pin?.gpus && { gpus: situation.options.pin.gpus };
  const options = { ...situation.options, pin };
  const alternative = (situation.alternatives ?? wholeGpus(situation.pool)).find((other) =>
    fits({ ...situation, options, pool: other.pool, reservations: [] }),
  );
  if (alternative) {
    const largestDevice = bytes(Math.max(...alternative.pool.devices.map((device) => device.capacity)));
    const sentence = `a GPU of its own in ${alternative.name} (${formatBytes(largestDevice)} per device)`;
    remedies.push({ property: "layout", value: alternative.name, sentence });
  }
  return remedies;
}

/** The first other model without which this one would fit, or all of them when it takes more than one. */
function othersInTheWay(situation: Situation): string | undefined {
  const { reservations, key } = situation;
  const others = reservations.map((other) => other.key).filter((other) => other !== key);
  const fitsWithout = (released: readonly string[]): boolean =>
    fits({ ...situation, reservations: reservations.filter((other) => !released.includes(other.key)) });
  if (others.length === 0 || !fitsWithout(others)) return undefined;
  return others.toSorted(compareText).find((other) => fitsWithout([other])) ?? "all other models";
}

/** Every GPU as one device; nothing when they are already. */
function wholeGpus(pool: Pool): readonly Alternative[] {
  const gpus = groupByGpu(pool);
  if (gpus.every((devices) => devices.length === 1)) return [];
  const devices = gpus.flatMap((parts): readonly HostedDevice[] => {
    const [first] = parts;
    const capacity = sumBytes(parts.map((part) => part.capacity));
    return first ? [{ ...first, capacity, domain: first.gpu }] : [];
  });
  const domains = devices.map(({ hostId, gpu, domain, capacity }) => ({ hostId, gpu, id: domain, capacity }));
  return [{ name: "spx_nps1", pool: { devices, domains } }];
}

/** The largest whole number for which `holds`, by halving: what holds for a number holds for all smaller ones. */
function largest(low: number, high: number, holds: (value: number) => boolean): number | undefined {
  if (low > high || !holds(low)) return undefined;
  let [known, unknown] = [low, high];
  while (known < unknown) {
    const middle = Math.ceil((known + unknown) / 2);
    if (holds(middle)) known = middle;
    else unknown = middle - 1;
  }
  return known;
}

const remedy = (property: keyof ScheduleOptions, value: number | string): Remedy => ({
  property,
  value,
  sentence: `${property} ${value}`,
});

const numeric = (property: keyof ScheduleOptions, value: number | undefined): readonly Remedy[] =>
  value === undefined ? [] : [remedy(property, value)];

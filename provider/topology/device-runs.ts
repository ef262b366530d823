import type { Bytes } from "../bytes.ts";
import { type Bdf, deviceId, type LogicalDevice, type MemoryDomain } from "./layout.ts";

/*
 * The devices and domains of a host, written shortly. A host of 8 x MI300X in CPX has 64 devices which differ in nothing but
 * their place, and Pulumi sends, logs and stores every property several times for each operation: as 64 objects they cost
 * more than all the rest of a preview.
 */

/** Devices of one GPU that follow one another, in partition and in index, and are alike. */
export interface DeviceRun {
  /** Of the first device. */
  readonly id: string;
  readonly count: number;
  /** Of the first device; each later one has one more. */
  readonly index: number;
  /** Of each device. */
  readonly computeUnits: number;
  /** Of each device. */
  readonly capacity: Bytes;
  /** Of the first device. */
  readonly domain: string;
  /** So many devices share a memory domain; the next ones have the next domain. */
  readonly perDomain: number;
}

/** Domains of one GPU that follow one another and are alike. */
export interface DomainRun {
  /** Of the first domain. */
  readonly id: string;
  readonly count: number;
  /** Of each domain. */
  readonly capacity: Bytes;
}

/** A single device or domain may leave out what is 1. */
type Written<Run, Counts extends keyof Run> = Omit<Run, Counts> & { readonly [Key in Counts]?: Run[Key] };

/** In the order given; `devicesOf` gives back the same. */
export function deviceRuns(devices: readonly LogicalDevice[]): readonly DeviceRun[] {
  const runs: LogicalDevice[][] = [];
  for (const device of devices) {
    const run = runs.at(-1);
    if (run && continues(run, device)) run.push(device);
    else runs.push([device]);
  }
  return runs.flatMap(splitByDomain);
}

function continues(run: readonly LogicalDevice[], next: LogicalDevice): boolean {
  const last = run.at(-1);
  return (
    last !== undefined &&
    next.gpu === last.gpu &&
    next.partition === last.partition + 1 &&
    next.index === last.index + 1 &&
    next.computeUnits === last.computeUnits &&
    next.capacity === last.capacity
  );
}

/** One run where the domains follow in equal steps, as they do on every GPU known; else one for each device. */
function splitByDomain(devices: readonly LogicalDevice[]): readonly DeviceRun[] {
  const [first] = devices;
  if (!first) return [];
  const perDomain = devices.filter((device) => device.domain === first.domain).length;
  const regular = devices.every(
    (device, place) => device.domain === laterId(first.domain, Math.floor(place / perDomain)),
  );
  return regular ? [runOf(first, devices.length, perDomain)] : devices.map((device) => runOf(device, 1, 1));
}

const runOf = (first: LogicalDevice, count: number, perDomain: number): DeviceRun => {
  const { id, index, computeUnits, capacity, domain } = first;
  return { id, count, index, computeUnits, capacity, domain, perDomain };
};

export const devicesOf = (
  runs: readonly Written<DeviceRun, "count" | "perDomain">[],
): readonly LogicalDevice[] =>
  runs.flatMap(({ id, count = 1, index, computeUnits, capacity, domain, perDomain = 1 }) => {
    const { gpu, partition } = placeOf(id);
    return Array.from({ length: count }, (_, place) => ({
      id: deviceId(gpu, partition + place),
      gpu,
      partition: partition + place,
      index: index + place,
      computeUnits,
      capacity,
      domain: laterId(domain, Math.floor(place / perDomain)),
    }));
  });

/** In the order given; `domainsOf` gives back the same. */
export function domainRuns(domains: readonly MemoryDomain[]): readonly DomainRun[] {
  const runs: { id: string; count: number; capacity: Bytes }[] = [];
  for (const { id, capacity } of domains) {
    const run = runs.at(-1);
    if (run && run.capacity === capacity && laterId(run.id, run.count) === id) run.count++;
    else runs.push({ id, count: 1, capacity });
  }
  return runs;
}

export const domainsOf = (runs: readonly Written<DomainRun, "count">[]): readonly MemoryDomain[] =>
  runs.flatMap(({ id, count = 1, capacity }) =>
    Array.from({ length: count }, (_, place) => ({
      id: laterId(id, place),
      gpu: `${id.slice(0, id.indexOf("/"))}.0`,
      capacity,
    })),
  );

/** The id of a device or domain whose last number is larger by `places`. */
const laterId = (id: string, places: number): string =>
  id.replace(/\d+$/, (number) => String(Number(number) + places));

function placeOf(id: string): { readonly gpu: Bdf; readonly partition: number } {
  const point = id.lastIndexOf(".");
  return { gpu: `${id.slice(0, point)}.0`, partition: Number(id.slice(point + 1)) };
}

/** Render nodes by device id: where those of one GPU follow one another, "/dev/dri/renderD128-135" at the first of them. */
export function renderNodeRuns(nodes: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const runs: { id: string; count: number; minor: number }[] = [];
  for (const [id, path] of Object.entries(nodes)) {
    const minor = Number(path.slice(RENDER_NODE.length));
    const run = runs.at(-1);
    if (run && laterId(run.id, run.count) === id && run.minor + run.count === minor) run.count++;
    else runs.push({ id, count: 1, minor });
  }
  return Object.fromEntries(
    runs.map(({ id, count, minor }) => [
      id,
      `${RENDER_NODE}${minor}${count === 1 ? "" : `-${minor + count - 1}`}`,
    ]),
  );
}

const RENDER_NODE = "/dev/dri/renderD";

/** "/dev/dri/renderD131" by the id of every device. */
export const renderNodesOf = (runs: Readonly<Record<string, string>>): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(runs).flatMap(([id, text]) => {
      const [first = 0, last = first] = text.slice(RENDER_NODE.length).split("-").map(Number);
      return Array.from({ length: last - first + 1 }, (_, place) => [
        laterId(id, place),
        `${RENDER_NODE}${first + place}`,
      ]);
    }),
  );

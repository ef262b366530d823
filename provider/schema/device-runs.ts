import type { Bytes } from "../bytes.ts";
import { type Bdf, deviceId, type LogicalDevice, type MemoryDomain } from "../topology/layout.ts";

/*
 * The devices and domains of a host, written shortly. A host of 8 x MI300X in CPX has 64 devices which differ in nothing but
 * their place, and Pulumi sends, logs and stores every property several times for each operation: as 64 objects they cost
 * more than all the rest of a preview.
 */

/** Devices that follow one another in partition and in index, on each of several GPUs alike. */
export interface DeviceRun {
  /** Of the first device on each GPU. */
  readonly ids: readonly string[];
  /** Number of devices on each GPU. */
  readonly count: number;
  /** Of the very first device; each later one has one more, from GPU to GPU. */
  readonly index: number;
  /** Of each device. */
  readonly computeUnits: number;
  /** Of each device. */
  readonly capacity: Bytes;
  /** Of the first device on each GPU. */
  readonly domains: readonly string[];
  /** Number of devices that share a memory domain; the next devices have the next domain. */
  readonly perDomain: number;
}

/** Domains that follow one another, on each of several GPUs alike. */
export interface DomainRun {
  /** Of the first domain on each GPU. */
  readonly ids: readonly string[];
  /** Number of domains on each GPU. */
  readonly count: number;
  /** Of each domain. */
  readonly capacity: Bytes;
}

/** As it may stand in a state: each GPU's on their own, and before that each device and domain, with no counts. */
interface Written {
  readonly ids?: readonly string[] | undefined;
  readonly id?: string | undefined;
  readonly count?: number | undefined;
  readonly capacity: Bytes;
}

interface WrittenDevices extends Written {
  readonly index: number;
  readonly computeUnits: number;
  readonly domains?: readonly string[] | undefined;
  readonly domain?: string | undefined;
  readonly perDomain?: number | undefined;
}

/** On one GPU. */
type OneRun = Omit<DeviceRun, "ids" | "domains"> & { readonly id: string; readonly domain: string };

/** In the order given; `devicesOf` gives back the same. */
export function deviceRuns(devices: readonly LogicalDevice[]): readonly DeviceRun[] {
  const runs: LogicalDevice[][] = [];
  for (const device of devices) {
    const run = runs.at(-1);
    if (run && continues(run, device)) run.push(device);
    else runs.push([device]);
  }
  const groups: OneRun[][] = [];
  for (const run of runs.flatMap(splitByDomain)) {
    const group = groups.at(-1);
    if (group && isNextLike(group, run)) group.push(run);
    else groups.push([run]);
  }
  return groups.flatMap((group) =>
    group.slice(0, 1).map(({ id: _id, domain: _domain, ...alike }) => ({
      ...alike,
      ids: group.map(({ id }) => id),
      domains: group.map(({ domain }) => domain),
    })),
  );
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

function isNextLike(group: readonly OneRun[], next: OneRun): boolean {
  const last = group.at(-1);
  return (
    last !== undefined &&
    next.index === last.index + last.count &&
    next.count === last.count &&
    next.computeUnits === last.computeUnits &&
    next.capacity === last.capacity &&
    next.perDomain === last.perDomain
  );
}

/** One run where the domains follow in equal steps, as they do on every GPU known; else one for each device. */
function splitByDomain(devices: readonly LogicalDevice[]): readonly OneRun[] {
  const [first] = devices;
  if (!first) return [];
  const perDomain = devices.filter((device) => device.domain === first.domain).length;
  const regular = devices.every(
    (device, place) => device.domain === laterId(first.domain, Math.floor(place / perDomain)),
  );
  return regular ? [runOf(first, devices.length, perDomain)] : devices.map((device) => runOf(device, 1, 1));
}

const runOf = (first: LogicalDevice, count: number, perDomain: number): OneRun => {
  const { id, index, computeUnits, capacity, domain } = first;
  return { id, count, index, computeUnits, capacity, domain, perDomain };
};

export const devicesOf = (runs: readonly WrittenDevices[]): readonly LogicalDevice[] =>
  runs.flatMap((run) => {
    const { count = 1, index, computeUnits, capacity, perDomain = 1, domain = "", domains = [domain] } = run;
    return idsOf(run).flatMap((id, turn) => {
      const { gpu, partition } = placeOf(id);
      return Array.from({ length: count }, (_, place) => ({
        id: deviceId(gpu, partition + place),
        gpu,
        partition: partition + place,
        index: index + turn * count + place,
        computeUnits,
        capacity,
        domain: laterId(domains[turn] ?? "", Math.floor(place / perDomain)),
      }));
    });
  });

/** In the order given; `domainsOf` gives back the same. */
export function domainRuns(domains: readonly MemoryDomain[]): readonly DomainRun[] {
  const runs: { id: string; count: number; capacity: Bytes }[] = [];
  for (const { id, capacity } of domains) {
    const run = runs.at(-1);
    if (run && run.capacity === capacity && laterId(run.id, run.count) === id) run.count++;
    else runs.push({ id, count: 1, capacity });
  }
  const groups: { ids: string[]; count: number; capacity: Bytes }[] = [];
  for (const { id, count, capacity } of runs) {
    const group = groups.at(-1);
    if (group && group.count === count && group.capacity === capacity) group.ids.push(id);
    else groups.push({ ids: [id], count, capacity });
  }
  return groups;
}

export const domainsOf = (runs: readonly Written[]): readonly MemoryDomain[] =>
  runs.flatMap((run) =>
    idsOf(run).flatMap((id) =>
      Array.from({ length: run.count ?? 1 }, (_, place) => ({
        id: laterId(id, place),
        gpu: `${id.slice(0, id.indexOf("/"))}.0`,
        capacity: run.capacity,
      })),
    ),
  );

const idsOf = ({ id, ids }: Written): readonly string[] => ids ?? (id === undefined ? [] : [id]);

/** The id of a device or domain whose last number is larger by `places`. */
function laterId(id: string, places: number): string {
  if (places === 0) return id;
  const at = id.lastIndexOf(".") + 1;
  return `${id.slice(0, at)}${Number(id.slice(at)) + places}`;
}

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

import { formatBytes, type Bytes } from "../../bytes.ts";
import { type Bdf, buildLayout, type GpuShape } from "../../topology/layout.ts";
import { type ComputeMode, formatModes, type ModePair } from "../../topology/modes.ts";
import type { Pool, Reservation } from "../occupancy/pool.ts";

/** A host whose GPUs can be set to other modes to make room. */
export interface ChangeableHost {
  readonly hostId: string;
  /** Those that the pool has devices of. */
  readonly gpus: readonly ChangeableGpu[];
}

export interface ChangeableGpu extends GpuShape {
  /** Modes that the pool's devices follow from. */
  readonly modes: ModePair;
  readonly permitted: readonly ModePair[];
}

/** Devices as they would be under other modes. */
export interface Alternative {
  /** "0000:0c:00.0 in QPX/NPS1 instead of CPX/NPS1 (48.0 GiB per device)" */
  readonly name: string;
  readonly pool: Pool;
  /** What stays where it is. */
  readonly staying: readonly Reservation[];
  /** Whose devices would be others: to be placed again, beside the new model. */
  readonly displaced: readonly Reservation[];
}

/**
 * Other layouts of these hosts, one after the other, the smallest change first: one GPU in another compute mode, the finest
 * mode first, GPUs that hold nothing before others; then the memory mode, which is the whole host's. Of GPUs that are alike
 * only the first is tried.
 */
export function* alternativesOf(
  hosts: readonly ChangeableHost[],
  pool: Pool,
  reservations: readonly Reservation[],
): Generator<Alternative> {
  const load = (host: ChangeableHost, gpu: ChangeableGpu): number =>
    reservationsOnGpus(pool, reservations, host, [gpu.gpu]).length;
  const idle = hosts.flatMap((host) =>
    host.gpus.map((gpu) => ({ host, gpu, reservationCount: load(host, gpu) })),
  );
  const seen = new Set<string>();
  for (const { host, gpu, reservationCount } of idle.toSorted(
    (a, b) => a.reservationCount - b.reservationCount,
  )) {
    const placeOf = placeIn(hosts, host);
    const kind = JSON.stringify([host.hostId, gpu.memory, gpu.modes, gpu.permitted]);
    if (reservationCount === 0 && seen.size === seen.add(kind).size) continue;
    for (const pair of finestFirst(gpu).filter((other) => other.memory === gpu.modes.memory)) {
      if (pair.compute === gpu.modes.compute) continue;
      yield changed(
        { host, pool, reservations },
        new Map([[gpu.gpu, pair]]),
        nameOf(placeOf(gpu.gpu), gpu, pair),
      );
    }
  }
  for (const host of hosts) yield* memoryAlternatives(host, pool, reservations, placeIn(hosts, host));
}

interface Scene {
  readonly host: ChangeableHost;
  readonly pool: Pool;
  readonly reservations: readonly Reservation[];
}

/** The memory mode changed, and with it one GPU's compute mode or all of them. */
function* memoryAlternatives(
  host: ChangeableHost,
  pool: Pool,
  reservations: readonly Reservation[],
  placeOf: (gpu: string) => string,
): Generator<Alternative> {
  const [first] = host.gpus;
  if (!first) return;
  for (const pair of finestFirst(first)) {
    if (pair.memory === first.modes.memory) continue;
    const allowed = (gpu: ChangeableGpu, compute: ComputeMode): boolean =>
      gpu.permitted.some((one) => one.compute === compute && one.memory === pair.memory);
    const { memory } = pair;
    const others = host.gpus.slice(1);
    const keep = others.every((gpu) => allowed(gpu, gpu.modes.compute));
    if (!keep && !others.every((gpu) => allowed(gpu, pair.compute))) continue;
    const modes = new Map<Bdf, ModePair>([
      [first.gpu, pair],
      ...others.map((gpu) => [gpu.gpu, keep ? { compute: gpu.modes.compute, memory } : pair] as const),
    ]);
    yield changed(
      { host, pool, reservations },
      modes,
      nameOf(placeOf(keep ? first.gpu : "every GPU"), first, pair),
    );
  }
}

/** Two hosts can have GPUs of one address. */
const placeIn =
  (hosts: readonly ChangeableHost[], { hostId }: ChangeableHost) =>
  (gpu: string): string =>
    hosts.length > 1 ? `${gpu} on ${hostId}` : gpu;

const finestFirst = (gpu: ChangeableGpu): readonly ModePair[] =>
  gpu.permitted
    .filter((pair) => gpu.devicesByMode[pair.compute] !== undefined)
    .toSorted((a, b) => devicesIn(gpu, b.compute) - devicesIn(gpu, a.compute));

const devicesIn = (gpu: GpuShape, mode: ComputeMode): number => gpu.devicesByMode[mode] ?? 1;

function nameOf(place: string, gpu: ChangeableGpu, pair: ModePair): string {
  const reload =
    pair.memory === gpu.modes.memory
      ? ""
      : `; ${pair.memory} applies to the whole host and reloads its driver`;
  return `${place} in ${formatModes(pair)} instead of ${formatModes(gpu.modes)} (${perDevice(gpu, pair)}${reload})`;
}

const perDevice = (gpu: GpuShape, pair: ModePair): string => {
  const [device] = buildLayout([gpu], new Map([[gpu.gpu, pair]])).devices;
  return `${formatBytes(device?.capacity ?? (0 as Bytes))} per device`;
};

/** The pool with other modes of some GPUs of one host. */
function changed(scene: Scene, modes: ReadonlyMap<Bdf, ModePair>, name: string): Alternative {
  const { host, pool, reservations } = scene;
  const layout = buildLayout(host.gpus, modes);
  const { hostId } = host;
  const stays = (one: { readonly hostId: string; readonly gpu: Bdf }): boolean =>
    one.hostId !== hostId || !modes.has(one.gpu);
  const displaced = new Set(reservationsOnGpus(pool, reservations, host, [...modes.keys()]));
  return {
    name,
    pool: {
      devices: [...pool.devices.filter(stays), ...layout.devices.map((device) => ({ hostId, ...device }))],
      domains: [...pool.domains.filter(stays), ...layout.domains.map((domain) => ({ hostId, ...domain }))],
    },
    staying: reservations.filter((one) => !displaced.has(one)),
    displaced: [...displaced],
  };
}

/** Reservations on devices of these GPUs. */
function reservationsOnGpus(
  pool: Pool,
  reservations: readonly Reservation[],
  host: ChangeableHost,
  gpus: readonly Bdf[],
): readonly Reservation[] {
  const ids = new Set(
    pool.devices
      .filter((device) => device.hostId === host.hostId && gpus.includes(device.gpu))
      .map((device) => device.id),
  );
  return reservations.filter((one) => one.hostId === host.hostId && one.deviceIds.some((id) => ids.has(id)));
}

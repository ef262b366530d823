/**
 * Which devices, GPUs and states of the search are interchangeable.
 *
 * Sixty-four empty devices are one choice, not sixty-four: wherever a model goes among them, what is left looks the same. A
 * search that tries one member of each class of interchangeable devices loses no answer and gains factorials. Classes are
 * found bottom up:
 *
 * - Two devices are of one class when no workload that is still to be placed can distinguish them: the same bytes left, the
 *   same kinds of claims, the same pins that name them. What else counts depends on the workloads. If one has an
 *   anti-affinity, the host counts, and a device with claims is like no other, because it matters whose claims they are. If
 *   one spans GPUs, the compute units count, because it needs alike devices.
 * - A GPU is the multiset of the classes of its devices: sorted, so that their order does not matter. Where memory domains
 *   bind, a device counts together with its domain's position in the GPU and what that domain has left.
 * - If a workload spans GPUs, the other GPUs of a host count too: two GPUs are of one class only if their hosts are the same
 *   multisets of GPUs.
 * - The whole state is the multiset of its GPUs. A state that was searched before need not be searched again.
 *
 * A class is a number. Equal descriptions get equal numbers, so that a GPU is described by few small numbers instead of the
 * text of all its devices.
 */
import { at, type Occupancy } from "../occupancy/occupancy.ts";
import type { Workload } from "./workload.ts";

/** Equal for what is interchangeable; of no other meaning. */
export type SymmetryClass = number;

export interface SymmetryClasses {
  /** Of a device, to be compared with those of the same GPU, or of the same host. */
  device(device: number): SymmetryClass;
  /** Of each GPU, as the occupancy is now. */
  gpus(): readonly SymmetryClass[];
  /** Of the whole occupancy as it is now. */
  state(): SymmetryClass;
}

/** @param workloads all that are still to be placed: devices that none of them can distinguish are interchangeable */
export function symmetryClassesOf(occupancy: Occupancy, workloads: readonly Workload[]): SymmetryClasses {
  const { domainsBind } = occupancy;
  const classOf = numbering();
  const pins = pinsOf(occupancy, workloads);
  const hasAntiAffinity = workloads.some(({ request }) => request.antiAffinity !== undefined);
  const spans = workloads.some(({ request }) => request.span === "host");
  const hosts = gpusByHost(occupancy);

  const identityOf = (device: number): readonly (number | string)[] => {
    const { hostId = "", computeUnits = 0 } = occupancy.devices[device] ?? {};
    const claimed = hasAntiAffinity && at(occupancy.reservationCount, device) > 0;
    return [hasAntiAffinity ? hostId : "", claimed ? device : -1, spans ? computeUnits : -1];
  };
  // Most devices are as they were when the search asked last.
  const last = occupancy.devices.map(() => ({ free: Number.NaN, reservationCount: 0, closed: 0, own: -1 }));
  const deviceAlone = (device: number): SymmetryClass => {
    const [free, closed] = [at(occupancy.free, device), at(occupancy.closed, device)];
    const reservationCount = Math.min(1, at(occupancy.reservationCount, device));
    const known = last[device];
    if (known?.free === free && known.reservationCount === reservationCount && known.closed === closed)
      return known.own;
    const own = classOf("device", [free, reservationCount, closed, pins[device] ?? 0, ...identityOf(device)]);
    last[device] = { free, reservationCount, closed, own };
    return own;
  };
  const inDomain = (device: number, domain: number): SymmetryClass =>
    classOf("in domain", [
      deviceAlone(device),
      domain,
      at(occupancy.domainFree, at(occupancy.domainOf, device)),
    ]);
  const multiset = (kind: string, members: readonly SymmetryClass[]): SymmetryClass =>
    classOf(
      kind,
      members.toSorted((a, b) => a - b),
    );

  const gpuAlone = (members: readonly number[]): SymmetryClass => {
    const firstDomain = at(occupancy.domainOf, members[0] ?? 0);
    return multiset(
      "gpu",
      members.map((device) =>
        domainsBind ? inDomain(device, at(occupancy.domainOf, device) - firstDomain) : deviceAlone(device),
      ),
    );
  };
  const gpus = (): readonly SymmetryClass[] => {
    const alone = occupancy.gpus.map(gpuAlone);
    if (!spans) return alone;
    const withHost = alone.slice();
    for (const members of hosts) {
      const host = multiset(
        "host",
        members.map((gpu) => alone[gpu] ?? 0),
      );
      for (const gpu of members) withHost[gpu] = classOf("gpu of host", [alone[gpu] ?? 0, host]);
    }
    return withHost;
  };
  return {
    device: (device) =>
      domainsBind ? inDomain(device, at(occupancy.domainOf, device)) : deviceAlone(device),
    gpus,
    state: () => multiset("state", gpus()),
  };
}

/** Numbers for descriptions, the same number for the same description. */
function numbering() {
  const numbers = new Map<string, SymmetryClass>();
  return (kind: string, description: readonly (number | string)[]): SymmetryClass => {
    const key = `${kind}:${description.join()}`;
    const known = numbers.get(key) ?? numbers.size;
    numbers.set(key, known);
    return known;
  };
}

/** For each device a number that tells which of the pinned workloads name it. */
function pinsOf({ devices }: Occupancy, workloads: readonly Workload[]): readonly number[] {
  const pinned = workloads.flatMap((workload) => workload.pinned ?? []);
  const classOf = numbering();
  return devices.map((_, device) =>
    classOf(
      "pins",
      pinned.flatMap((named, number) => (named.has(device) ? [number] : [])),
    ),
  );
}

function gpusByHost({ gpus, devices }: Occupancy): readonly (readonly number[])[] {
  const hosts = new Map<string, number[]>();
  for (const [gpu, [first = 0]] of gpus.entries()) {
    const { hostId = "" } = devices[first] ?? {};
    const known = hosts.get(hostId);
    if (known) known.push(gpu);
    else hosts.set(hostId, [gpu]);
  }
  return [...hosts.values()];
}

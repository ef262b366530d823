import * as fc from "fast-check";

import { type Bytes, ceilBytes, gibibytes, mebibytes } from "../../provider/bytes.ts";
import {
  type AntiAffinity,
  type HostedDomain,
  type Pool,
  poolOf,
} from "../../provider/scheduler/occupancy/pool.ts";
import type { Pin, PlacementRequest } from "../../provider/scheduler/request.ts";
import { gpuAddress, mi300xLayout } from "./mi300x.ts";

/**
 * One or two hosts with the same PCI addresses, one to three GPUs each, every GPU in a compute mode of its own. Sometimes
 * the domains are smaller than their devices together, as they are when a device may borrow (allocation mode ALL).
 */
export const pool = (): fc.Arbitrary<Pool> =>
  fc
    .record({
      hosts: fc.array(
        fc.record({
          compute: fc.array(fc.constantFrom("SPX", "DPX", "QPX", "CPX"), { minLength: 1, maxLength: 3 }),
          memory: fc.constantFrom("NPS1", "NPS4"),
          gibibytes: fc.integer({ min: 16, max: 192 }),
        }),
        { minLength: 1, maxLength: 2 },
      ),
      domainShare: fc.constantFrom(1, 1, 0.75),
    })
    .map(({ hosts, domainShare }) => {
      const { devices, domains } = poolOf(
        hosts.map(({ compute, memory, gibibytes: size }, number) => ({
          hostId: `host-${number}`,
          layout: mi300xLayout(compute, memory, gibibytes(size)),
        })),
      );
      return {
        devices,
        domains: domains.map((domain) => shrunk(domain, domainShare)),
      };
    });

const shrunk = (domain: HostedDomain, share: number): HostedDomain => ({
  ...domain,
  capacity: ceilBytes(domain.capacity * share),
});

/** Bytes per device for some numbers of ranks: fewer on each, and more in all, the more there are. */
const demand = (): fc.Arbitrary<ReadonlyMap<number, Bytes>> =>
  fc
    .record({
      mebibytes: fc.integer({ min: 64, max: 120_000 }),
      overhead: fc.integer({ min: 0, max: 2000 }),
      sizes: fc.subarray([1, 2, 4, 8], { minLength: 1 }),
    })
    .map(
      ({ mebibytes: whole, overhead, sizes }) =>
        new Map(sizes.map((size) => [size, ceilBytes(mebibytes(whole) / size + mebibytes(overhead))])),
    );

const pin = (): fc.Arbitrary<Pin> => {
  const gpus = fc.uniqueArray(fc.integer({ min: 0, max: 2 }).map(gpuAddress), { minLength: 1, maxLength: 2 });
  return fc.oneof(
    gpus.map((addresses) => ({ gpus: addresses })),
    gpus.map((addresses) => ({
      partitions: addresses.flatMap((address) => [0, 1, 2].map((n) => address.replace(/0$/, `${n}`))),
    })),
  );
};

const antiAffinity = (): fc.Arbitrary<AntiAffinity> =>
  fc.record({ group: fc.constantFrom("a", "b"), level: fc.constantFrom("device", "gpu", "host") });

export const request = (key: string): fc.Arbitrary<PlacementRequest> =>
  fc.record({
    key: fc.constant(key),
    demandByTensorParallel: demand(),
    tensorParallel: fc.oneof(
      { weight: 3, arbitrary: fc.constant("auto" as const) },
      { weight: 1, arbitrary: fc.constantFrom(1, 2, 4, 8) },
    ),
    span: fc.constantFrom("gpu", "gpu", "host"),
    strategy: fc.constantFrom("pack", "spread"),
    exclusive: fc.oneof(
      { weight: 4, arbitrary: fc.constant(false) },
      { weight: 1, arbitrary: fc.constant(true) },
    ),
    pin: fc.option(pin(), { nil: undefined, freq: 5 }),
    antiAffinity: fc.option(antiAffinity(), { nil: undefined, freq: 3 }),
  });

/** Models with different keys, in no particular order of size. */
export const workload = (): fc.Arbitrary<readonly PlacementRequest[]> =>
  fc
    .integer({ min: 1, max: 12 })
    .chain((count) => fc.tuple(...Array.from({ length: count }, (_, number) => request(`model-${number}`))));

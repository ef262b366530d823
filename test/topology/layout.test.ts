import * as fc from "fast-check";
import { describe, expect, test } from "vitest";

import { bytes, mebibytes } from "../../provider/bytes.ts";
import { ACCELERATORS } from "../../provider/topology/accelerators.ts";
import { buildLayout, deviceId, domainId, type GpuShape } from "../../provider/topology/layout.ts";
import { domainsPerGpu, type ModePair } from "../../provider/topology/modes.ts";
import { gpuAddress, MI300X_CPX_CAPACITY, MI300X_MEMORY, mi300xLayout } from "../support/mi300x.ts";

const mi300x = (number: number): GpuShape => ({
  gpu: gpuAddress(number),
  memory: MI300X_MEMORY,
  computeUnits: 304,
  devicesByMode: { SPX: 1, DPX: 2, QPX: 4, CPX: 8 },
});

describe("a layout", () => {
  test("of an MI300X in CPX has eight devices of 24 GiB less 2 MiB, in NPS1 as in NPS4", () => {
    for (const memory of ["NPS1", "NPS4"] as const) {
      const { devices } = mi300xLayout(["CPX"], memory);
      expect(devices.map((device) => device.capacity)).toEqual(Array(8).fill(MI300X_CPX_CAPACITY));
      expect(devices.map((device) => device.computeUnits)).toEqual(Array(8).fill(38));
    }
  });

  test("of an MI300X in CPX/NPS4 has four domains that two devices each share, lower partitions first", () => {
    const { devices, domains } = mi300xLayout(["CPX"], "NPS4");
    expect(domains.map((domain) => [domain.id, domain.capacity])).toEqual(
      [0, 1, 2, 3].map((number) => [`0000:0c:00/nps4.${number}`, 51_535_413_248]),
    );
    expect(devices.map((device) => device.domain.at(-1))).toEqual(["0", "0", "1", "1", "2", "2", "3", "3"]);
  });

  test("of mixed modes counts devices over the whole host, and names them by address and partition", () => {
    const { devices } = mi300xLayout(["SPX", "QPX", "DPX"], "NPS1");
    expect(devices.map((device) => [device.index, device.id])).toEqual([
      [0, "0000:0c:00.0"],
      [1, "0000:0d:00.0"],
      [2, "0000:0d:00.1"],
      [3, "0000:0d:00.2"],
      [4, "0000:0d:00.3"],
      [5, "0000:0e:00.0"],
      [6, "0000:0e:00.1"],
    ]);
  });

  test("has shares of whole pages, as the kernel gives them", () => {
    const shape: GpuShape = {
      gpu: gpuAddress(0),
      memory: mebibytes(128_512),
      computeUnits: 228,
      devicesByMode: { TPX: 3 },
    };
    const { devices } = buildLayout([shape], new Map([[shape.gpu, { compute: "TPX", memory: "NPS1" }]]));
    expect(devices.map((device) => device.capacity)).toEqual(Array(3).fill(44_918_198_272));
  });

  test("takes what was measured for a device that exists", () => {
    const measured = new Map([[deviceId(gpuAddress(0), 1), { capacity: bytes(4096) }]]);
    const modes = new Map([[gpuAddress(0), { compute: "DPX", memory: "NPS1" } as const]]);
    const { devices } = buildLayout([mi300x(0)], modes, measured);
    expect(devices.map((device) => device.capacity)).toEqual([MI300X_MEMORY / 2, 4096]);
  });

  test("leaves out GPUs without a mode, and modes a GPU does not have", () => {
    const modes = new Map([[gpuAddress(1), { compute: "TPX", memory: "NPS1" } as const]]);
    expect(buildLayout([mi300x(0), mi300x(1)], modes)).toEqual({ gpus: [], devices: [], domains: [] });
  });
});

test("ids keep the address and change its function digit", () => {
  expect(deviceId("0000:0c:00.0", 7)).toBe("0000:0c:00.7");
  expect(domainId("0000:0c:00.0", "NPS4", 3)).toBe("0000:0c:00/nps4.3");
});

/** One to eight GPUs of one kind, each in some pair that kind permits, under one memory mode. */
const host = (): fc.Arbitrary<{
  readonly shapes: readonly GpuShape[];
  readonly modes: ReadonlyMap<string, ModePair>;
}> =>
  fc.constantFrom(...ACCELERATORS).chain((accelerator) =>
    fc.constantFrom(...accelerator.permitted.map((pair) => pair.memory)).chain((memory) =>
      fc
        .array(fc.constantFrom(...accelerator.permitted.filter((pair) => pair.memory === memory)), {
          minLength: 1,
          maxLength: 8,
        })
        .map((pairs) => ({
          shapes: pairs.map((_, number) => ({ ...accelerator, gpu: gpuAddress(number) })),
          modes: new Map(pairs.map((pair, number) => [gpuAddress(number), pair])),
        })),
    ),
  );

test("devices and domains never offer more memory than their GPU has, and lose less than a page each", () => {
  fc.assert(
    fc.property(host(), ({ shapes, modes }) => {
      const layout = buildLayout(shapes, modes);
      for (const shape of shapes) {
        for (const parts of [layout.devices, layout.domains]) {
          const own = parts.filter((part) => part.gpu === shape.gpu);
          const sum = own.reduce((total, part) => total + part.capacity, 0);
          expect(sum).toBeLessThanOrEqual(shape.memory);
          expect(shape.memory - sum).toBeLessThan(4096 * own.length);
        }
      }
    }),
  );
});

test("every device has its own id and index, and a domain that exists on its GPU and holds it", () => {
  fc.assert(
    fc.property(host(), ({ shapes, modes }) => {
      const { devices, domains, gpus } = buildLayout(shapes, modes);
      expect(new Set(devices.map((device) => device.id)).size).toBe(devices.length);
      expect(devices.map((device) => device.index)).toEqual(devices.map((_, position) => position));
      for (const { gpu, memory, devices: count } of gpus) {
        const own = devices.filter((device) => device.gpu === gpu);
        const shared = domains.filter((domain) => domain.gpu === gpu);
        expect(own).toHaveLength(count);
        expect(shared).toHaveLength(Math.min(domainsPerGpu(memory), count));
        // Every domain is used by the same number of devices.
        const users = shared.map((domain) => own.filter((device) => device.domain === domain.id).length);
        expect(new Set(users)).toEqual(new Set([count / shared.length]));
      }
    }),
  );
});

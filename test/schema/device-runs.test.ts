import * as fc from "fast-check";
import { describe, expect, test } from "vitest";

import { mebibytes } from "../../provider/bytes.ts";
import {
  deviceRuns,
  devicesOf,
  domainRuns,
  domainsOf,
  renderNodeRuns,
  renderNodesOf,
} from "../../provider/schema/device-runs.ts";
import type { LogicalDevice } from "../../provider/topology/layout.ts";
import { pool } from "../support/arbitraries.ts";
import { mi300xLayout } from "../support/mi300x.ts";

/** Devices of real layouts, some of them gone, out of order or of another size. */
const devices = (): fc.Arbitrary<readonly LogicalDevice[]> =>
  pool()
    .chain(({ devices: all }) =>
      fc.tuple(fc.shuffledSubarray([...all]), fc.integer({ min: 0, max: 9 }), fc.boolean()),
    )
    .map(([some, odd, sorted]) => {
      const found = sorted ? some.toSorted((a, b) => a.index - b.index) : some;
      return found.map(({ hostId: _host, ...device }, place) =>
        place === odd ? { ...device, capacity: mebibytes(1), index: device.index + 7 } : device,
      );
    });

const nodes = (): fc.Arbitrary<Readonly<Record<string, string>>> =>
  fc
    .uniqueArray(fc.tuple(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max: 11 })), {
      selector: ([gpu, partition]) => `${gpu}.${partition}`,
    })
    .map((places) =>
      Object.fromEntries(
        places.map(([gpu, partition]) => [
          `0000:0${gpu}:00.${partition}`,
          `/dev/dri/renderD${128 + 8 * gpu + partition}`,
        ]),
      ),
    );

describe("devices written shortly", () => {
  test("are one line for a host of 8 x MI300X in CPX/NPS4", () => {
    const { devices, domains } = mi300xLayout(Array(8).fill("CPX"), "NPS4");
    const first = domains.map(({ id }) => id).filter((id) => id.endsWith("nps4.0"));
    expect(deviceRuns(devices)).toEqual([
      {
        ids: devices.filter(({ partition }) => partition === 0).map(({ id }) => id),
        count: 8,
        index: 0,
        computeUnits: 38,
        capacity: 25_767_706_624,
        domains: first,
        perDomain: 2,
      },
    ]);
    expect(first).toHaveLength(8);
    expect(domainRuns(domains)).toEqual([{ ids: first, count: 4, capacity: 51_535_413_248 }]);
  });

  test("are a line for each mode of a mixed host", () => {
    const { devices } = mi300xLayout(["CPX", "CPX", "SPX", "CPX"], "NPS1");
    expect(deviceRuns(devices).map(({ ids, count, index }) => [ids.length, count, index])).toEqual([
      [2, 8, 0],
      [1, 1, 16],
      [1, 8, 17],
    ]);
  });

  test("are two lines for a GPU whose last device is smaller, as seen on MI308X", () => {
    const all = mi300xLayout(["QPX"], "NPS1").devices;
    const last = all.map((device) =>
      device.partition === 3 ? { ...device, capacity: mebibytes(1) } : device,
    );
    expect(deviceRuns(last).map(({ ids, count }) => [ids, count])).toEqual([
      [["0000:0c:00.0"], 3],
      [["0000:0c:00.3"], 1],
    ]);
  });

  test("read back as they were, whatever is missing, moved or odd", () => {
    fc.assert(
      fc.property(devices(), (all) => {
        expect(devicesOf(deviceRuns(all))).toEqual(all);
      }),
    );
  });

  test("domains read back as they were", () => {
    fc.assert(
      fc.property(pool(), ({ domains }) => {
        const plain = domains.map(({ hostId: _host, ...domain }) => domain);
        expect(domainsOf(domainRuns(plain))).toEqual(plain);
      }),
    );
  });

  test("a device or domain written on its own, without counts, reads as it is", () => {
    const { devices, domains } = mi300xLayout(["CPX", "SPX"], "NPS4");
    expect(devicesOf(devices)).toEqual(devices);
    expect(domainsOf(domains)).toEqual(domains);
  });

  test("those of one GPU, written on their own, read as they are", () => {
    const { devices, domains } = mi300xLayout(["CPX"], "NPS4");
    const [run] = deviceRuns(devices);
    const { ids = [], domains: first = [], ...alike } = run ?? {};
    expect(devicesOf([{ ...(alike as NonNullable<typeof run>), id: ids[0], domain: first[0] }])).toEqual(
      devices,
    );
    expect(domainsOf([{ id: first[0], count: 4, capacity: mebibytes(49_148) }])).toEqual(
      domains.map((domain) => ({ ...domain, capacity: mebibytes(49_148) })),
    );
  });
});

describe("render nodes written shortly", () => {
  test("are one range for each GPU", () => {
    expect(
      renderNodeRuns({
        "0000:0c:00.0": "/dev/dri/renderD128",
        "0000:0c:00.1": "/dev/dri/renderD129",
        "0000:22:00.0": "/dev/dri/renderD136",
      }),
    ).toEqual({ "0000:0c:00.0": "/dev/dri/renderD128-129", "0000:22:00.0": "/dev/dri/renderD136" });
  });

  test("read back as they were, ranges or not", () => {
    fc.assert(
      fc.property(nodes(), (all) => {
        expect(renderNodesOf(renderNodeRuns(all))).toEqual(all);
        expect(renderNodesOf(all)).toEqual(all);
      }),
    );
  });
});

import * as fc from "fast-check";
import { describe, expect, test } from "vitest";

import { parseKfdNodes } from "../../../provider/detection/parse/kfd.ts";

const node = (
  number: number,
  properties: Readonly<Record<string, number | bigint>>,
  gpuId = 24_248,
): string =>
  [
    ...Object.entries(properties).map(([name, value]) => `${number}/properties:${name} ${value}`),
    `${number}/gpu_id:${gpuId}`,
    `${number}/mem_banks/0/properties:size_in_bytes 25767706624`,
  ].join("\n");

const GPU = { simd_count: 152, simd_per_cu: 4, vendor_id: 4098, device_id: 29_857, num_xcc: 1, domain: 0 };

describe("a GPU node of KFD", () => {
  test("is a partition of the GPU at its location: in the function on older drivers, in bits 31:28 on newer ones", () => {
    const old = parseKfdNodes(node(5, { ...GPU, location_id: 1283 }));
    const current = parseKfdNodes(node(5, { ...GPU, location_id: 3 * 2 ** 28 + 1280 }));
    expect(old).toEqual(current);
    expect(old[0]).toMatchObject({ id: "0000:05:00.3", gpu: "0000:05:00.0", partition: 3, node: 5 });
  });

  test("may be on another PCI domain", () => {
    expect(parseKfdNodes(node(2, { ...GPU, location_id: 0, domain: 2 }))[0]?.gpu).toBe("0002:00:00.0");
  });

  test("keeps ids of 64 bits exact, and everything it does not know out", () => {
    const [found] = parseKfdNodes(
      node(2, { ...GPU, location_id: 3072, unique_id: 11_651_590_505_119_481_856n, new_one: 1 }),
    );
    expect(found).toMatchObject({
      computeUnits: 38,
      xcds: 1,
      memory: 25_767_706_624,
      gpuId: 24_248,
      renderMinor: 0,
    });
  });

  test("adds its memory banks up", () => {
    const text = `${node(2, { ...GPU, location_id: 3072 })}\n2/mem_banks/1/properties:size_in_bytes 4096`;
    expect(parseKfdNodes(text)[0]?.memory).toBe(25_767_706_624 + 4096);
  });
});

test("processors and GPUs of others are not listed, and the order is KFD's, by number", () => {
  const nodes = [
    node(10, { ...GPU, location_id: 3073 }),
    node(0, { vendor_id: 0, simd_count: 0 }, 0),
    node(2, { ...GPU, location_id: 3072 }),
    node(3, { ...GPU, vendor_id: 0x10_de, location_id: 1 }),
  ];
  expect(parseKfdNodes(nodes.join("\n")).map((one) => one.node)).toEqual([2, 10]);
  expect(parseKfdNodes("")).toEqual([]);
});

const hex = (value: number, digits: number): string => value.toString(16).padStart(digits, "0");

test("any address and partition survives the way through a location, in both encodings", () => {
  fc.assert(
    fc.property(
      fc.record({
        domain: fc.integer({ min: 0, max: 0xff_ff }),
        bus: fc.integer({ min: 0, max: 255 }),
        device: fc.integer({ min: 0, max: 31 }),
        partition: fc.integer({ min: 0, max: 7 }),
      }),
      ({ domain, bus, device, partition }) => {
        const place = bus * 256 + device * 8;
        for (const location of [place + partition, place + partition * 2 ** 28]) {
          const [found] = parseKfdNodes(node(2, { ...GPU, domain, location_id: location }));
          expect(found?.id).toBe(`${hex(domain, 4)}:${hex(bus, 2)}:${hex(device, 2)}.${partition}`);
        }
      },
    ),
  );
});

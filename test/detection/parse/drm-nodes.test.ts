import * as fc from "fast-check";
import { expect, test } from "vitest";

import { parseDrmNodes } from "../../../provider/detection/parse/drm-nodes.ts";

const names = (text: string, address: string): readonly string[] =>
  parseDrmNodes(text)
    .filter((node) => node.address === address)
    .map((node) => node.name);

test("secondary partitions belong to the GPU before them, whatever order and names they come in", () => {
  const pci =
    "0000:03:00.0/drm/card0 0000:0c:00.0/drm/card1 0000:0c:00.0/drm/renderD128 0000:22:00.0/drm/card4 0000:22:00.0/drm/renderD131";
  const platform =
    "amdgpu_xcp_10/drm/card5 amdgpu_xcp_10/drm/renderD132 amdgpu_xcp.0/drm/card2 amdgpu_xcp.0/drm/renderD129 amdgpu_xcp_1/drm/card3 amdgpu_xcp_1/drm/renderD130";
  const text = `${pci}\n${platform}\n`;
  expect(names(text, "0000:03:00.0")).toEqual(["card0"]);
  expect(names(text, "0000:0c:00.0")).toEqual([
    "card1",
    "renderD128",
    "card2",
    "renderD129",
    "card3",
    "renderD130",
  ]);
  expect(names(text, "0000:22:00.0")).toEqual(["card4", "renderD131", "card5", "renderD132"]);
});

test("a host without any prints the pattern it was asked for, which is no node", () => {
  expect(parseDrmNodes("*/drm/*\namdgpu_xcp*/drm/*\n")).toEqual([]);
});

test("every node is given to the device it was made for, on any board and whatever the limit of the kernel", () => {
  const device = fc.record({
    slots: fc.integer({ min: 1, max: 8 }),
    driver: fc.constantFrom("amdgpu", "ast"),
  });
  fc.assert(
    fc.property(fc.array(device, { maxLength: 12 }), fc.constantFrom(64, 1000), (devices, limit) => {
      const made: { readonly path: string; readonly name: string; readonly address: string }[] = [];
      let minor = 0;
      let partitions = 0;
      for (const [number, { slots, driver }] of devices.entries()) {
        const address = `0000:${(number + 16).toString(16)}:00.0`;
        for (let slot = 0; slot < (driver === "ast" ? 1 : slots) && minor < limit; slot++, minor++) {
          const path = slot === 0 ? address : `amdgpu_xcp_${partitions++}`;
          made.push({ path, name: `card${minor}`, address });
          if (driver === "amdgpu") made.push({ path, name: `renderD${minor + 128}`, address });
        }
      }
      const text = made.map(({ path, name }) => `${path}/drm/${name}`).join(" ");
      const found = parseDrmNodes(text).map(({ name, address }) => ({ name, address }));
      expect(found).toEqual(made.map(({ name, address }) => ({ name, address })));
    }),
  );
});

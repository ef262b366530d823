import { expect, test } from "vitest";

import { parseDrmNodes } from "../../provider/detection/drm-nodes.ts";

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

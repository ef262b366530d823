import { expect, test } from "vitest";

import { bytes } from "../../../provider/bytes.ts";
import { assembleGpus } from "../../../provider/detection/assemble/assemble.ts";
import type { KfdNode } from "../../../provider/detection/parse/kfd.ts";
import { formatModes } from "../../../provider/topology/modes.ts";
import { kfdNodes } from "./gpu-parts.ts";

/** A virtual function whose devices have these dies. */
const devices = (pciDeviceId: number, ...dies: readonly number[]): readonly KfdNode[] =>
  kfdNodes(
    dies.map((xcds) => ({
      pciDeviceId,
      computeUnits: xcds * 32,
      xcds,
      memory: bytes(xcds * 2 ** 34),
      hive: "none",
    })),
  );

/** Functions that AMD's host driver makes, by the release notes of GIM 8.5 to 9.4. */
test.each([
  ["one of one MI300X", 0x74_b5, [8], "SPX/NPS1"],
  ["one of eight of an MI300X", 0x74_b5, [1], "CPX/NPS4"],
  ["one of eight of an MI300X HF", 0x74_bd, [1], "CPX/NPS4"],
  ["one of two of an MI355X", 0x75_b3, [4], "DPX/NPS2"],
  ["one of eight of an MI350X", 0x75_b0, [1], "CPX/NPS2"],
  ["one of one MI355X in DPX", 0x75_b3, [4, 4], "DPX/NPS2"],
  ["one of one MI325X", 0x74_b9, [8], "SPX/NPS1"],
  ["one of one MI350P", 0x75_b8, [4], "SPX/NPS1"],
  ["one of one MI308X HF", 0x74_bc, [4], "SPX/NPS1"],
  ["one of one MI300A", 0x74_b4, [6], "SPX/NPS1"],
])("a virtual function that is %s (id %i, dies %j) is described as %s, and is whole", (_, id, dies, pair) => {
  const nodes = devices(id, ...dies);
  const { gpus, problems } = assembleGpus({
    nodes,
    cards: [],
    list: [],
    rows: [],
    partition: { profiles: new Map(), memoryModes: new Map() },
  });
  expect(problems).toEqual([]);
  expect(gpus.map((gpu) => gpu.modes && formatModes(gpu.modes))).toEqual([pair]);
  expect(gpus).toMatchObject([{ fixed: true, permitted: [], xcds: dies.reduce((a, b) => a + b, 0) }]);
  expect(gpus[0]?.accelerator).toMatch(/^MI3\d\d[XAP] VF$/);
});

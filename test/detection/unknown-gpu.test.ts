import { expect, test } from "vitest";

import { capabilityOf } from "../../provider/detection/capability.ts";
import { parseProbe } from "../../provider/detection/parse-probe.ts";
import { ONE_MI300X, type ProbeParts, probeOutput, TOKEN, withLine } from "./probe-output.ts";

const UNKNOWN_ID = 0x75_c1;

/** A GPU of eight dies that no table knows, in DPX, of whose two devices KFD shows one. */
const halfShown = (parts: ProbeParts): ProbeParts =>
  [
    ["nodes", "device_id 29857", `device_id ${UNKNOWN_ID}`],
    ["nodes", "num_xcc 8", "num_xcc 4"],
    ["nodes", "simd_count 1216", "simd_count 512"],
    [
      "nodes",
      "1/mem_banks/0/properties:size_in_bytes 206141652992",
      "1/mem_banks/0/properties:size_in_bytes 103070826496",
    ],
    ["cards", "current_compute_partition:SPX", "current_compute_partition:DPX"],
    ["cards", "device:0x74a1", "device:0x75c1"],
    ["static", '"accelerator_partition": "SPX"', '"accelerator_partition": "DPX"'],
    ["static", "AMD Instinct MI300X", "AMD Instinct MI455X"],
  ].reduce((of, [part = "", from = "", to = ""]) => withLine(of, part, from, to), parts);

test("a GPU that no table knows is as its host reports it, and a device missing on it makes it no smaller", () => {
  const observation = parseProbe(probeOutput(halfShown(ONE_MI300X)), TOKEN, "gpu1");
  expect(observation.gpus).toMatchObject([
    {
      accelerator: "AMD Instinct MI455X",
      modes: { compute: "DPX", memory: "NPS1" },
      xcds: 8,
      computeUnits: 256,
      devicesByMode: { DPX: 2 },
      memory: 206_141_652_992,
    },
  ]);
  expect(observation.problems).toEqual(["0000:0c:00.0 in DPX/NPS1 should have 2 logical devices and has 1"]);
  expect(capabilityOf(observation, "auto").level).toBe("REAL_PARTITIONING");
});

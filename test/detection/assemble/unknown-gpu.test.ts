import { expect, test } from "vitest";

import { capabilityOf } from "../../../provider/detection/capability.ts";
import { parseProbe } from "../../../provider/detection/parse-probe.ts";
import { ONE_MI300X, type ProbeParts, probeOutput, TOKEN, withLine } from "../probe-output.ts";

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
  expect(observation.problems).toEqual(["0000:0c:00.0 in DPX/NPS1 should have 2 logical devices but has 1"]);
  expect(capabilityOf(observation, "auto").level).toBe("REAL_PARTITIONING");
});

/** The same GPU in CPX: seven devices of 24 GiB, of a die each, are shown of eight. */
function sevenOfEight(parts: ProbeParts): ProbeParts {
  const share = 25_767_706_624;
  const device = (partition: number): string =>
    [
      `${partition + 1}/properties:simd_count 128`,
      `${partition + 1}/properties:simd_per_cu 4`,
      `${partition + 1}/properties:vendor_id 4098`,
      `${partition + 1}/properties:device_id ${UNKNOWN_ID}`,
      `${partition + 1}/properties:location_id ${3072 + partition * 2 ** 28}`,
      `${partition + 1}/properties:drm_render_minor ${128 + partition}`,
      `${partition + 1}/properties:num_xcc 1`,
      `${partition + 1}/gpu_id:${1000 + partition}`,
      `${partition + 1}/mem_banks/0/properties:size_in_bytes ${share}`,
      "",
    ].join("\n");
  const nodes = [0, 1, 2, 3, 4, 6, 7].map(device).join("");
  return withLine(
    withLine({ ...parts, nodes }, "cards", "current_compute_partition:SPX", "current_compute_partition:CPX"),
    "cards",
    "device:0x74a1",
    "device:0x75c1",
  );
}

test.each(["26.2.1", undefined])(
  "an unknown GPU in CPX has the number of devices that follows from its memory",
  (library) => {
    const parts = sevenOfEight(ONE_MI300X);
    const silent = { ...parts, version: "", list: "", static: "", partition: "" };
    const observation = parseProbe(probeOutput(library === undefined ? silent : parts), TOKEN, "gpu1");
    expect(observation.gpus).toMatchObject([
      { xcds: 8, computeUnits: 256, devicesByMode: { CPX: 8 }, memory: 206_141_652_992 },
    ]);
    expect(observation.problems).toContain(
      "0000:0c:00.0 in CPX/NPS1 should have 8 logical devices but has 7",
    );
  },
);

test("silicon that has partition modes is never simulated over, whoever knows its name", () => {
  const silent = Object.entries({
    current_compute_partition: "SPX",
    available_compute_partition: "SPX, DPX, QPX, CPX",
    current_memory_partition: "NPS1",
    available_memory_partition: "NPS1, NPS2, NPS4",
  }).reduce((of, [name, value]) => withLine(of, "cards", `card1/device/${name}:${value}\n`, ""), ONE_MI300X);
  const levelOf = (version: number) => {
    const parts = withLine(
      withLine(silent, "nodes", "1/properties:device_id 29857", `1/properties:device_id ${UNKNOWN_ID}`),
      "nodes",
      "1/properties:num_xcc 8",
      `1/properties:num_xcc 8\n1/properties:gfx_target_version ${version}`,
    );
    return capabilityOf(parseProbe(probeOutput({ ...parts, static: "", list: "" }), TOKEN, "gpu1"), "auto")
      .level;
  };
  // gfx90a, gfx1030 and gfx1201 have none; gfx942, gfx950 and gfx1250 have.
  expect([90_010, 100_300, 120_001].map(levelOf)).toEqual(Array(3).fill("SIMULATION"));
  expect([90_402, 90_500, 120_500].map(levelOf)).toEqual(Array(3).fill("NONE"));
});

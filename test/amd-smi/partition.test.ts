import { describe, expect, test } from "vitest";

import { parsePartition } from "../../provider/amd-smi/report.ts";

const CURRENT = [
  { gpu_id: 0, memory: "NPS1", accelerator_type: "SPX", accelerator_profile_index: 0, partition_id: "0" },
  { gpu_id: 1, memory: "N/A", accelerator_type: "N/A", accelerator_profile_index: "N/A", partition_id: "1" },
];

const MEMORY = [
  { gpu_id: 0, memory_partition_caps: "NPS1,NPS2,NPS4", current_memory_partition: "NPS1" },
  { gpu_id: 1, memory_partition_caps: "N/A", current_memory_partition: "N/A" },
];

/** The first row of a profile is full; what the next rows add is one more resource. */
const profileRows = (gpu: number | "", index: number, mode: string, caps: string, xccs: number) => [
  {
    gpu_id: gpu,
    profile_index: index,
    memory_partition_caps: caps,
    accelerator_type: mode,
    partition_id: "0",
    // The library has been seen to print UINT32_MAX here.
    num_partitions: 4_294_967_295,
    num_resources: 2,
    resource_index: index * 2,
    resource_type: "XCC",
    resource_instances: xccs,
    resources_shared: 1,
  },
  {
    gpu_id: "",
    profile_index: "",
    memory_partition_caps: "",
    accelerator_type: "",
    partition_id: "",
    num_partitions: "",
    num_resources: "",
    resource_index: index * 2 + 1,
    resource_type: "DMA",
    resource_instances: 16,
    resources_shared: 1,
  },
];

const PROFILES = [
  ...profileRows(0, 0, "SPX*", "NPS1", 8),
  ...profileRows("", 3, "CPX", "NPS1,NPS4", 1),
  ...profileRows(8, 0, "SPX*", "NPS1", 8),
];

const RESOURCES = [{ resource_index: 0, resource_type: "XCC", resource_instances: 8, resources_shared: 1 }];

const json = (value: unknown): string => `${JSON.stringify(value, null, 4)}\n`;

const WANTED = {
  memoryModes: new Map([[0, ["NPS1", "NPS2", "NPS4"]]]),
  profiles: new Map([
    [
      0,
      [
        { compute: "SPX", memoryModes: ["NPS1"], xccsPerDevice: 8 },
        { compute: "CPX", memoryModes: ["NPS1", "NPS4"], xccsPerDevice: 1 },
      ],
    ],
    [8, [{ compute: "SPX", memoryModes: ["NPS1"], xccsPerDevice: 8 }]],
  ]),
};

describe("partition", () => {
  test("is an array per section with a legend behind in ROCm 6.3 and 6.4", () => {
    const output = `${[CURRENT, MEMORY, PROFILES, RESOURCES].map(json).join("")}\n\nLegend:\n  * = Current mode\n`;
    expect(parsePartition(output)).toEqual(WANTED);
  });

  test("is one object of sections from 7.0 on", () => {
    const sections = {
      current_partition: CURRENT,
      memory_partition: MEMORY,
      partition_profiles: PROFILES,
      partition_resources: RESOURCES,
    };
    expect(parsePartition(json(sections))).toEqual(WANTED);
  });

  test("says nothing of profiles to an unprivileged caller", () => {
    const rows = [0, 1].map((gpu_id) => ({
      gpu_id,
      profile_index: "N/A",
      memory_partition_caps: "N/A",
      accelerator_type: "N/A",
      resource_type: "N/A",
      resource_instances: "N/A",
    }));
    const warning = "WARNING: User is missing the following required groups: render, video.\n";
    expect(parsePartition(`${warning}${json(rows)}`)).toEqual({
      profiles: new Map(),
      memoryModes: new Map(),
    });
  });

  test("that is none of this is an error with the output in it", () => {
    expect(() => parsePartition("RuntimeError: no")).toThrow(
      'printed JSON of an unknown structure; it printed "RuntimeError: no"',
    );
    expect(() => parsePartition('{"partition_profiles": [\n')).toThrow("stopped in the middle of its JSON");
    expect(() => parsePartition("[[1]]")).toThrow("printed a row that cannot be read ([1])");
  });
});

import { describe, expect, test } from "vitest";

import { declaredPartitions } from "../../provider/partitioner/plan/declared.ts";
import { assignModes } from "../../provider/partitioner/plan/desired.ts";
import { partitionArgsSchema } from "../../provider/schema/partition.ts";
import { problemsOf } from "../../provider/schema/sentences.ts";
import { formatModes } from "../../provider/topology/modes.ts";
import { eight, GPUS, hostOf } from "./host.ts";

/**
 * Files as AMD's Device Config Manager takes them. The valid profiles are those of the GPU operator's default map, which leaves
 * counts out; the invalid ones have the names and the faults of the examples that AMD ships to show what is refused.
 */
const VALID = {
  default: [{ computePartition: "SPX", memoryPartition: "NPS1" }],
  cpx_nps1_all: [{ computePartition: "CPX", memoryPartition: "NPS1" }],
  cpx_nps4_all: [{ computePartition: "CPX", memoryPartition: "NPS4" }],
  dpx_nps2_all: [{ computePartition: "DPX", memoryPartition: "NPS2" }],
  qpx_nps1_all: [{ computePartition: "QPX", memoryPartition: "NPS1" }],
  heterogeneous_example: [
    { computePartition: "CPX", memoryPartition: "NPS1", numGPUsAssigned: 2 },
    { computePartition: "SPX", memoryPartition: "NPS1", numGPUsAssigned: 3 },
    { computePartition: "DPX", memoryPartition: "NPS1", numGPUsAssigned: 3 },
  ],
} as const;

const INVALID: Readonly<Record<string, unknown>> = {
  // Nine GPUs of eight, with the skipped ones.
  invalidgpucount: {
    skippedGPUs: { ids: [3, 6] },
    profiles: [{ computePartition: "CPX", memoryPartition: "NPS4", numGPUsAssigned: 7 }],
  },
  invalcomputetype: {
    profiles: [{ computePartition: "ABX", memoryPartition: "NPS1", numGPUsAssigned: 8 }],
  },
  invalmemorytype: {
    profiles: [{ computePartition: "CPX", memoryPartition: "NPS3", numGPUsAssigned: 8 }],
  },
  invalmemorytypecombinationNPS1NPS4: {
    profiles: [
      { computePartition: "CPX", memoryPartition: "NPS1", numGPUsAssigned: 4 },
      { computePartition: "CPX", memoryPartition: "NPS4", numGPUsAssigned: 4 },
    ],
  },
  invalidmissingfields: { profiles: [{ computePartition: "CPX", numGPUsAssigned: 8 }] },
  highgpucount_mostly_invalid: {
    skippedGPUs: { ids: [1] },
    profiles: [{ computePartition: "CPX", memoryPartition: "NPS4", numGPUsAssigned: 48 }],
  },
};

const FILE = {
  "gpu-config-profiles": {
    ...Object.fromEntries(Object.entries(VALID).map(([name, profiles]) => [name, { profiles }])),
    skipping: {
      skippedGPUs: { ids: [3, 6] },
      profiles: [{ computePartition: "CPX", memoryPartition: "NPS1", numGPUsAssigned: 6 }],
    },
  },
  gpuClientSystemdServices: { names: ["amd-metrics-exporter", "gpuagent"] },
};

const HOST = hostOf(eight("SPX/NPS1"));

/** What is wrong, as the user is told; or the modes of all GPUs. */
function declare(file: object, profile: string): readonly string[] | string {
  const args = { ...file, gpuConfigProfile: profile, identity: { key: "p/s/n", urn: "" } };
  const parsed = partitionArgsSchema.safeParse(args);
  if (!parsed.success) return problemsOf(parsed.error, args).map((problem) => problem.message);
  const assignment = assignModes(declaredPartitions(parsed.data), HOST);
  if (!assignment.ok) return assignment.problems.map((problem) => `${problem.path} ${problem.message}`);
  return GPUS.map((gpu) => {
    const modes = assignment.modes.get(gpu);
    return modes ? formatModes(modes) : "-";
  }).join(" ");
}

const fileOf = (profile: object) => ({ "gpu-config-profiles": { a: profile } });

describe("a file of AMD's Device Config Manager", () => {
  test.each([
    ["default", eight("SPX/NPS1").join(" ")],
    ["cpx_nps1_all", eight("CPX/NPS1").join(" ")],
    ["cpx_nps4_all", eight("CPX/NPS4").join(" ")],
    ["dpx_nps2_all", eight("DPX/NPS2").join(" ")],
    ["qpx_nps1_all", eight("QPX/NPS1").join(" ")],
    ["heterogeneous_example", "CPX/NPS1 CPX/NPS1 SPX/NPS1 SPX/NPS1 SPX/NPS1 DPX/NPS1 DPX/NPS1 DPX/NPS1"],
    ["skipping", "CPX/NPS1 CPX/NPS1 CPX/NPS1 - CPX/NPS1 CPX/NPS1 - CPX/NPS1"],
  ])("is taken as it is: profile %s", (profile, modes) => {
    expect(declare(FILE, profile)).toBe(modes);
  });

  test("is taken when other profiles of it are wrong", () => {
    const all = { "gpu-config-profiles": { ...FILE["gpu-config-profiles"], ...INVALID, nothing: 7 } };
    expect(declare(all, "skipping")).toBe("CPX/NPS1 CPX/NPS1 CPX/NPS1 - CPX/NPS1 CPX/NPS1 - CPX/NPS1");
    expect(declare(all, "nothing")).toEqual(["gpu-config-profiles.nothing must be an object (it is 7)"]);
  });

  test.each([
    ["no count", {}],
    ["a count of 0", { numGPUsAssigned: 0 }],
  ])("gives a profile with %s what the others leave", (_, rest) => {
    const pair = { computePartition: "CPX", memoryPartition: "NPS1" };
    const spx = { computePartition: "SPX", memoryPartition: "NPS1", numGPUsAssigned: 3 };
    for (const skippedGPUs of [undefined, {}, { ids: [] }]) {
      const profile = { profiles: [spx, { ...pair, ...rest }], ...(skippedGPUs && { skippedGPUs }) };
      expect(declare(fileOf(profile), "a")).toBe(
        [...eight("SPX/NPS1").slice(0, 3), ...eight("CPX/NPS1").slice(3)].join(" "),
      );
    }
    const twice = fileOf({
      profiles: [
        { ...pair, ...rest },
        { ...pair, ...rest },
      ],
    });
    expect(declare(twice, "a")).toEqual([
      "gpu-config-profiles.a.profiles[1].numGPUsAssigned is missing, as in profiles[0]; only one profile can take the remaining GPUs",
    ]);
  });

  test("needs a profile chosen, and one that it has", () => {
    const parsed = partitionArgsSchema.safeParse({ ...FILE, identity: { key: "p/s/n", urn: "" } });
    expect(parsed.error && problemsOf(parsed.error, FILE).map((problem) => problem.message)).toEqual([
      `gpuConfigProfile is missing; choose one of ${Object.keys(FILE["gpu-config-profiles"]).join(", ")}`,
    ]);
    expect(declare({ "gpu-config-profiles": { a: { profiles: VALID.default } } }, "b")).toEqual([
      'gpuConfigProfile is "b"; gpu-config-profiles has a',
    ]);
  });

  test.each([
    [
      "invalidgpucount",
      "gpu-config-profiles.invalidgpucount.profiles[0].numGPUsAssigned asks for 7 GPUs by count, but the host has 8 (2 skipped), which leaves 6",
    ],
    [
      "invalcomputetype",
      'gpu-config-profiles.invalcomputetype.profiles[0].computePartition must be one of SPX, DPX, TPX, QPX, CPX (it is "ABX")',
    ],
    [
      "invalmemorytype",
      'gpu-config-profiles.invalmemorytype.profiles[0].memoryPartition must be one of NPS1, NPS2, NPS4, NPS8 (it is "NPS3")',
    ],
    [
      "invalmemorytypecombinationNPS1NPS4",
      "gpu-config-profiles.invalmemorytypecombinationNPS1NPS4.profiles[1].memoryPartition is NPS4, but profiles[0] has NPS1; a host has one memory mode, because it has one driver",
    ],
    [
      "invalidmissingfields",
      "gpu-config-profiles.invalidmissingfields.profiles[0].memoryPartition is missing; it must be one of NPS1, NPS2, NPS4, NPS8",
    ],
    [
      "highgpucount_mostly_invalid",
      "gpu-config-profiles.highgpucount_mostly_invalid.profiles[0].numGPUsAssigned asks for 48 GPUs by count, but the host has 8 (1 skipped), which leaves 7",
    ],
  ])("is refused at the property that is wrong: %s", (profile, sentence) => {
    expect(declare({ "gpu-config-profiles": { [profile]: INVALID[profile] } }, profile)).toEqual([sentence]);
  });

  test("names the file's own place for a skipped GPU that is not there", () => {
    const file = { "gpu-config-profiles": { a: { skippedGPUs: { ids: [9] }, profiles: VALID.default } } };
    expect(declare(file, "a")).toEqual([
      expect.stringMatching(
        /^gpu-config-profiles\.a\.skippedGPUs\.ids\[0\] names GPU 9, but the host has GPUs 0 to 7/,
      ),
    ]);
  });
});

import * as fc from "fast-check";
import { describe, expect, test } from "vitest";

import { declaredPartitions } from "../../provider/partitioner/plan/declared.ts";
import { assignModes } from "../../provider/partitioner/plan/desired.ts";
import { observedModes } from "../../provider/partitioner/plan/host-modes.ts";
import { partitionArgsSchema } from "../../provider/schema/partition.ts";
import { exportConfig } from "../../provider/standalone/export-config.ts";
import { hostOf } from "./host.ts";

const IDENTITY = { key: "project/dev/node1", urn: "urn:pulumi:dev::project::t::node1" };

/** What a GpuPartitionConfig that is given this would make of the host. */
const modesOf = (args: object, observation: ReturnType<typeof hostOf>) => {
  const assignment = assignModes(
    declaredPartitions(partitionArgsSchema.parse({ ...args, identity: IDENTITY })),
    observation,
  );
  return assignment.ok ? assignment.modes : assignment.problems;
};

describe("exportConfig", () => {
  test("exports one pair of modes for GPUs that are alike", () => {
    expect(exportConfig({ observation: hostOf(["CPX/NPS4", "CPX/NPS4"]) })).toEqual({
      declaration: { computePartition: "CPX", memoryPartition: "NPS4" },
      deviceConfigManager: {
        "gpu-config-profiles": {
          current: { profiles: [{ computePartition: "CPX", memoryPartition: "NPS4", numGPUsAssigned: 2 }] },
        },
      },
    });
  });

  test("exports profiles by position for GPUs that differ", () => {
    const exported = exportConfig({ observation: hostOf(["CPX/NPS1", "SPX/NPS1", "SPX/NPS1", "CPX/NPS1"]) });
    expect(exported?.declaration).toEqual({
      profiles: [
        { computePartition: "CPX", memoryPartition: "NPS1", numGPUsAssigned: 1 },
        { computePartition: "SPX", memoryPartition: "NPS1", numGPUsAssigned: 2 },
        { computePartition: "CPX", memoryPartition: "NPS1", numGPUsAssigned: 1 },
      ],
    });
  });

  test("exports nothing for a host without partitionable GPUs", () => {
    expect(exportConfig({ observation: hostOf([]) })).toBeUndefined();
  });

  test("exports exactly the modes of the host, as arguments and as a Device Config Manager file", () => {
    const memory = fc.constantFrom("NPS1", "NPS4");
    const host = memory.chain((mode) =>
      fc
        .array(fc.constantFrom(...(mode === "NPS1" ? ["SPX", "DPX", "QPX", "CPX"] : ["QPX", "CPX"])), {
          minLength: 1,
          maxLength: 8,
        })
        .map((compute) => hostOf(compute.map((one) => `${one}/${mode}`))),
    );
    fc.assert(
      fc.property(host, (observation) => {
        const exported = exportConfig({ observation });
        expect(modesOf(exported?.declaration ?? {}, observation)).toEqual(observedModes(observation));
        const file: unknown = JSON.parse(JSON.stringify(exported?.deviceConfigManager));
        expect(modesOf(file as object, observation)).toEqual(observedModes(observation));
      }),
    );
  });
});

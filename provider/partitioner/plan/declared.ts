import type { PartitionArgs } from "../../schema/partition.ts";
import type { DesiredGroup, DesiredPartitions } from "./desired.ts";

/** The three forms of a declaration (one pair for all, profiles, a Device Config Manager file) as one. */
export function declaredPartitions(args: PartitionArgs): DesiredPartitions {
  const file = args["gpu-config-profiles"];
  if (file) {
    const name = args.gpuConfigProfile ?? Object.keys(file)[0] ?? "";
    const chosen = file[name];
    return {
      groups: groups(chosen?.profiles ?? [], `gpu-config-profiles.${name}.profiles`),
      skipped: chosen?.skippedGPUs?.ids ?? [],
      skippedPath: `gpu-config-profiles.${name}.skippedGPUs.ids`,
    };
  }
  const skipped = args.skippedGPUs?.ids ?? [];
  if (args.profiles) return { groups: groups(args.profiles, "profiles"), skipped };
  const { computePartition: compute, memoryPartition: memory } = args;
  return { groups: compute && memory ? [{ compute, memory, path: "computePartition" }] : [], skipped };
}

type Profiles = NonNullable<PartitionArgs["profiles"]>;

const groups = (profiles: Profiles, path: string): readonly DesiredGroup[] =>
  profiles.map((profile, number) => ({
    compute: profile.computePartition,
    memory: profile.memoryPartition,
    gpus: profile.gpus,
    count: profile.numGPUsAssigned,
    path: `${path}[${number}]`,
  }));

import { dcmProfilesOf, type PartitionArgs } from "../../schema/partition.ts";
import { parseDcmProfile } from "../../schema/profiles.ts";
import type { DesiredGroup, DesiredPartitions } from "./desired.ts";

/** The three forms of a declaration (one pair for all, profiles, a Device Config Manager file) as one. */
export function declaredPartitions(args: PartitionArgs): DesiredPartitions {
  const { property, profiles: file } = dcmProfilesOf(args);
  if (file) {
    const name = args.gpuConfigProfile ?? Object.keys(file)[0] ?? "";
    const { profiles, skippedGPUs } = parseDcmProfile(file[name]);
    return {
      groups: groups(profiles, `${property}.${name}.profiles`),
      skipped: skippedGPUs?.ids ?? [],
      skippedPath: `${property}.${name}.skippedGPUs.ids`,
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
    // 0 in a file of Device Config Manager is as if it was left out.
    count: profile.numGPUsAssigned || undefined,
    path: `${path}[${number}]`,
  }));

import type { Profile } from "../accelerators.ts";
import type { Device } from "../devices.ts";
import { acceleratorOf, memoryOf, profileOf, profilesOf } from "../devices.ts";
import type { NodeState } from "../state.ts";
import { RELEASES } from "../versions.ts";
import type { ParsedArguments } from "./arguments.ts";
import type { Caller, Json } from "./outcome.ts";
import { document, MISSING } from "./outcome.ts";

type Row = Readonly<Record<string, Json>>;

/** All three sections when none is asked for. Profiles need root: without it every field of theirs says N/A. */
export function partition(state: NodeState, parsed: ParsedArguments, caller: Caller): string {
  const asked = (option: string): boolean => parsed.options.size === 0 || parsed.options.has(option);
  const sections: Record<string, readonly Row[]> = {};
  if (asked("--current"))
    sections["current_partition"] = parsed.devices.map((device) => current(state, device));
  if (asked("--memory")) sections["memory_partition"] = parsed.devices.map((device) => memory(state, device));
  if (asked("--accelerator")) {
    const profiles = parsed.devices.map((device) => profileRows(state, device, caller));
    sections["partition_profiles"] = profiles.flatMap((rows) => rows.profiles);
    sections["partition_resources"] = profiles.flatMap((rows) => rows.resources);
  }
  if (RELEASES[state.rocm].partition === "object") return document(sections);
  const legend = asked("--accelerator") ? "\n\nLegend:\n  * = Current mode\n" : "";
  return Object.values(sections).map(document).join("") + legend;
}

/** Only the first partition knows the modes; one that cannot be partitioned knows none. */
const knowsModes = (state: NodeState, device: Device): boolean =>
  device.partition === 0 && profilesOf(state, device.gpu).length > 0;

function current(state: NodeState, device: Device): Row {
  const profile = profileOf(state, device.gpu);
  const known = knowsModes(state, device) && profile !== undefined;
  return {
    gpu_id: device.index,
    memory: known ? memoryOf(state, device.gpu) : MISSING,
    accelerator_type: known ? profile.mode : MISSING,
    accelerator_profile_index: known ? profilesOf(state, device.gpu).indexOf(profile) : MISSING,
    partition_id: String(device.partition),
  };
}

function memory(state: NodeState, device: Device): Row {
  const known = knowsModes(state, device);
  return {
    gpu_id: device.index,
    memory_partition_caps: known ? acceleratorOf(state, device.gpu).memoryModes.join(",") : MISSING,
    current_memory_partition: known ? memoryOf(state, device.gpu) : MISSING,
  };
}

const NO_RESOURCE = {
  resource_index: MISSING,
  resource_type: MISSING,
  resource_instances: MISSING,
  resources_shared: MISSING,
};

/** Engines of a whole GPU, in amd-smi's order after the compute dies. */
const ENGINES = [
  ["DECODER", 4],
  ["DMA", 16],
  ["JPEG", 32],
] as const;

interface ProfileRows {
  readonly profiles: readonly Row[];
  readonly resources: readonly Row[];
}

function profileRows(state: NodeState, device: Device, caller: Caller): ProfileRows {
  if (caller !== "root" || !knowsModes(state, device)) {
    const unknown = {
      gpu_id: device.index,
      profile_index: MISSING,
      memory_partition_caps: MISSING,
      accelerator_type: MISSING,
      partition_id: String(device.partition),
      num_partitions: MISSING,
      num_resources: MISSING,
      ...NO_RESOURCE,
    };
    return { profiles: [unknown], resources: [NO_RESOURCE] };
  }
  const resources: Row[] = [];
  const profiles = profilesOf(state, device.gpu).flatMap((profile, index) => {
    const engines = resourcesOf(state, device.gpu, profile).map((resource, position): Row => ({
      resource_index: index * (ENGINES.length + 1) + position,
      ...resource,
    }));
    resources.push(...engines);
    const isCurrent = state.gpus[device.gpu]?.compute === profile.mode;
    return engines.map((engine, position): Row => ({
      gpu_id: index === 0 && position === 0 ? device.index : "",
      ...(position === 0
        ? {
            profile_index: index,
            memory_partition_caps: profile.memoryModes.join(","),
            accelerator_type: `${profile.mode}${isCurrent ? "*" : ""}`,
            partition_id: isCurrent ? String(device.partition) : MISSING,
            num_partitions: profile.devices,
            num_resources: engines.length,
          }
        : EMPTY_PROFILE),
      ...engine,
    }));
  });
  return { profiles, resources };
}

const EMPTY_PROFILE = {
  profile_index: "",
  memory_partition_caps: "",
  accelerator_type: "",
  partition_id: "",
  num_partitions: "",
  num_resources: "",
};

/** Engines divide like the dies do, except that one is never split: then partitions share it. */
function resourcesOf(state: NodeState, gpu: number, profile: Profile): readonly Row[] {
  const all = [["XCC", acceleratorOf(state, gpu).xcds] as const, ...ENGINES];
  return all.map(([type, total]) => ({
    resource_type: type,
    resource_instances: Math.max(1, Math.floor(total / profile.devices)),
    resources_shared: Math.max(1, Math.floor(profile.devices / total)),
  }));
}

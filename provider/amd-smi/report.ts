import { z } from "zod";

import { AmdSmiOutputError } from "../host-errors.ts";
import { excerpt } from "../plain-text.ts";
import type { ComputeMode, MemoryMode } from "../topology/modes.ts";
import { splitDocuments } from "./documents.ts";
import {
  optionalBdf,
  optionalComputeMode,
  optionalMemoryMode,
  optionalMemoryModes,
  optionalNumber,
  optionalText,
} from "./values.ts";

/** What amd-smi said, in our own words, whatever version said it. Undefined = it did not say. */
export interface VersionReport {
  readonly library: string | undefined;
  readonly rocm: string | undefined;
  readonly driver: string | undefined;
}

/** One row of `list`: a logical device. */
export interface ListedDevice {
  readonly index: number;
  /** With the partition as function digit. */
  readonly bdf: string | undefined;
  readonly partition: number | undefined;
  readonly renderNode: string | undefined;
  /** amd-smi's and HIP's, lower case. */
  readonly uuids: readonly string[];
  /** From ROCm 7.2 on. */
  readonly oam: number | undefined;
}

/** One row of `static`. Secondaries say nothing of modes from ROCm 6.4.1 on. */
export interface StaticDevice {
  readonly index: number;
  readonly marketName: string | undefined;
  readonly pciDeviceId: number | undefined;
  readonly driverVersion: string | undefined;
  readonly compute: ComputeMode | undefined;
  readonly memory: MemoryMode | undefined;
  /** "CAPPING" or "ALL", from ROCm 7.14 on; what the driver's file says, should that be silent. */
  readonly allocation: string | undefined;
  /** Place of the module on the board; of the primary only, from ROCm 6.4.1 on. */
  readonly oam: number | undefined;
}

/** One accelerator partition profile a GPU offers. */
export interface Profile {
  readonly compute: ComputeMode;
  readonly memoryModes: readonly MemoryMode[] | undefined;
  /** XCDs of one logical device in this profile. */
  readonly xccsPerDevice: number | undefined;
}

export interface PartitionReport {
  /** By amd-smi's index of partition 0. */
  readonly profiles: ReadonlyMap<number, readonly Profile[]>;
  readonly memoryModes: ReadonlyMap<number, readonly MemoryMode[]>;
}

/**
 * amd-smi of this version has no such command or option: `{"error": …, "code": -1}`, in some versions with exit status 0, from
 * ROCm 7.13 on behind the name of a Python class, from 10.2 on with numbers of its own. One that the system does not support is
 * as if it was unknown.
 */
export function isUnknownCommand(output: string): boolean {
  // The whole output of a command that is known is large, and read once more for nothing.
  const at = output.indexOf('"error"');
  const [, code] =
    at === -1
      ? (/Error code: ?(-?\d{1,4})\b/.exec(output.slice(0, 2000)) ?? [])
      : (/"code": ?(-?\d{1,4})\b/.exec(output.slice(at, at + 2000)) ?? []);
  return code !== undefined && UNKNOWN_COMMAND.has(Number(code));
}

const UNKNOWN_COMMAND: ReadonlySet<number> = new Set([-1, -2, -7, -8, -10, 195, 200, 203]);
/** Linux gives a host at most 512 render nodes, one for each logical device. */
const MOST_ROWS = 1024;

const envelope = z.looseObject({ gpu_data: z.array(z.unknown()) });

/** The rows of `list`, `static`, `version`: one array, or an object with `gpu_data`, possibly several in a row. */
export function rows(command: string, output: string): readonly unknown[] {
  const { documents, damage } = splitDocuments(output);
  if (damage !== undefined) throw new AmdSmiOutputError(command, damage, output);
  const found = documents.flatMap((document) => {
    if (Array.isArray(document)) return [document as readonly unknown[]];
    const wrapped = envelope.safeParse(document);
    return wrapped.success ? [wrapped.data.gpu_data] : [];
  });
  if (found.length === 0)
    throw new AmdSmiOutputError(command, "printed JSON of an unknown structure", output);
  const all = found.flat();
  if (all.length > MOST_ROWS) throw new AmdSmiOutputError(command, `printed ${all.length} rows`, output);
  return all;
}

const row = <T>(command: string, schema: z.ZodType<T>, value: unknown, output: string): T => {
  const parsed = schema.safeParse(value);
  if (!parsed.success)
    throw new AmdSmiOutputError(
      command,
      `printed a row that cannot be read (${excerpt(JSON.stringify(value) ?? "nothing")})`,
      output,
    );
  return parsed.data;
};

const versionRow = z.looseObject({
  amdsmi_library_version: optionalText,
  rocm_version: optionalText,
  amdgpu_version: optionalText,
});

export function parseVersion(output: string): VersionReport {
  const command = "amd-smi version";
  const first = row(command, versionRow, rows(command, output)[0], output);
  return {
    library: first.amdsmi_library_version,
    rocm: first.rocm_version,
    driver: first.amdgpu_version,
  };
}

const index = z.union([z.number(), z.string().regex(/^\d+$/)]).transform(Number);

const listRow = z.looseObject({
  gpu: index,
  bdf: optionalBdf,
  partition_id: optionalNumber,
  render: optionalText,
  uuid: optionalText,
  hip_uuid: optionalText,
  oam_id: optionalNumber,
});

export function parseList(output: string): readonly ListedDevice[] {
  const command = "amd-smi list";
  return rows(command, output).map((value) => {
    const parsed = row(command, listRow, value, output);
    return {
      index: parsed.gpu,
      bdf: parsed.bdf,
      partition: parsed.partition_id,
      renderNode: parsed.render,
      uuids: [parsed.uuid, parsed.hip_uuid].flatMap((uuid) => uuid?.toLowerCase() ?? []),
      oam: parsed.oam_id,
    };
  });
}

const section = <T extends z.ZodRawShape>(shape: T) => z.looseObject(shape).catch({} as never);

const staticRow = z.looseObject({
  gpu: index,
  asic: section({ market_name: optionalText, device_id: optionalNumber, oam_id: optionalNumber }),
  driver: section({ version: optionalText }),
  partition: section({
    /** Its name from ROCm 6.4.2 on. */
    accelerator_partition: optionalComputeMode,
    compute_partition: optionalComputeMode,
    memory_partition: optionalMemoryMode,
    compute_partition_mem_alloc_mode: optionalText,
  }),
});

export function parseStatic(output: string): readonly StaticDevice[] {
  const command = "amd-smi static";
  return rows(command, output).map((value) => {
    const parsed = row(command, staticRow, value, output);
    return {
      index: parsed.gpu,
      marketName: parsed.asic.market_name,
      pciDeviceId: parsed.asic.device_id,
      driverVersion: parsed.driver.version,
      compute: parsed.partition.accelerator_partition ?? parsed.partition.compute_partition,
      memory: parsed.partition.memory_partition,
      allocation: parsed.partition.compute_partition_mem_alloc_mode,
      oam: parsed.asic.oam_id,
    };
  });
}

/** A profile has a row for each of its resources, and a GPU five profiles. */
const PROFILE_ROWS = 64;

const partitionRow = z.looseObject({
  gpu_id: optionalNumber,
  memory_partition_caps: optionalMemoryModes,
  accelerator_type: optionalComputeMode,
  resource_type: optionalText,
  resource_instances: optionalNumber,
  current_memory_partition: optionalText,
});

/**
 * `partition` prints an array per section (ROCm 6.3, 6.4) or one object of sections. The table of profiles is flattened:
 * the GPU stands on a GPU's first row only, the mode on a profile's first row.
 */
export function parsePartition(output: string): PartitionReport {
  const command = "amd-smi partition";
  const { documents, damage } = splitDocuments(output);
  if (damage !== undefined) throw new AmdSmiOutputError(command, damage, output);
  const sections = documents.flatMap((document): readonly unknown[][] => {
    if (Array.isArray(document)) return [document];
    if (typeof document !== "object" || document === null) return [];
    return Object.values(document).filter((value) => Array.isArray(value));
  });
  if (sections.length === 0)
    throw new AmdSmiOutputError(command, "printed JSON of an unknown structure", output);
  const total = sections.reduce((sum, values) => sum + values.length, 0);
  if (total > MOST_ROWS * PROFILE_ROWS) throw new AmdSmiOutputError(command, `printed ${total} rows`, output);
  const profiles = new Map<number, Profile[]>();
  const memoryModes = new Map<number, readonly MemoryMode[]>();
  for (const values of sections) {
    let gpu: number | undefined;
    for (const value of values) {
      const parsed = row(command, partitionRow, value, output);
      gpu = parsed.gpu_id ?? gpu;
      if (gpu === undefined) continue;
      const isProfile = "profile_index" in parsed;
      if (isProfile && parsed.accelerator_type) {
        const list = profiles.get(gpu) ?? [];
        profiles.set(gpu, list);
        list.push({
          compute: parsed.accelerator_type,
          memoryModes: parsed.memory_partition_caps,
          xccsPerDevice: parsed.resource_type === "XCC" ? parsed.resource_instances : undefined,
        });
      } else if (!isProfile && parsed.memory_partition_caps) {
        memoryModes.set(gpu, parsed.memory_partition_caps);
      }
    }
  }
  return { profiles, memoryModes };
}

import type { ComputeMode, MemoryMode } from "../topology/modes.ts";

/** Every amd-smi command line this project ever runs, for the path that was found. JSON always: the plain text tables change with each release. */
export const AMD_SMI = "amd-smi";

export const READ_COMMANDS = {
  version: [AMD_SMI, "version", "--json"],
  /** With render nodes and KFD ids; unknown (-2) before ROCm 6.4. */
  list: [AMD_SMI, "list", "-e", "--json"],
  static: [AMD_SMI, "static", "--asic", "--driver", "--partition", "--json"],
  /** Unknown (-1) before ROCm 6.3; all N/A without root. */
  partition: [AMD_SMI, "partition", "--current", "--memory", "--accelerator", "--json"],
} as const satisfies Record<string, readonly string[]>;

export type ReadCommand = keyof typeof READ_COMMANDS;

/**
 * Compute mode, at once, no driver reload. Only names and only partition 0 by PCI address: indexes of GPUs and of
 * profiles move.
 */
export const setComputeMode = (
  amdSmi: string,
  gpus: readonly string[],
  mode: ComputeMode,
): readonly string[] => [amdSmi, "set", "-g", ...gpus, "-C", mode, "--json"];

/**
 * Memory mode. From ROCm 7.0 on this only stages it for the next driver load. A GPU of each hive is named, the whole hive takes it.
 * Asks "Do you accept these terms? [Y/N]" on stdin, and has no option to skip that.
 */
export const setMemoryMode = (
  amdSmi: string,
  gpus: readonly string[],
  mode: MemoryMode,
): readonly string[] => [amdSmi, "set", "-g", ...gpus, "-M", mode, "--json"];

export const ACCEPT_TERMS = "Y\n";

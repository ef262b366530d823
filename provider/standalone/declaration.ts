import { ArgumentError } from "../argument-errors.ts";
import { type PartitionArgs, partitionArgsSchema } from "../schema/partition.ts";
import { problemsOf } from "../schema/sentences.ts";
import type { ComputeMode, MemoryMode } from "../topology/modes.ts";

/** A GPU by its PCI address, UUID, OAM id ("oam:3") or number, as in a GpuPartitionConfig. */
export type GpuReferenceText = string | number;

/** One line of a mixed layout, as in a GpuPartitionConfig. */
export interface ProfileDeclaration {
  readonly computePartition: ComputeMode;
  readonly memoryPartition: MemoryMode;
  readonly numGPUsAssigned?: number | undefined;
  readonly gpus?: readonly GpuReferenceText[] | undefined;
}

/** How the GPUs of a host should be partitioned: the arguments of a GpuPartitionConfig that do not say which host it is. */
export interface LayoutDeclaration {
  readonly computePartition?: ComputeMode | undefined;
  readonly memoryPartition?: MemoryMode | undefined;
  readonly profiles?: readonly ProfileDeclaration[] | undefined;
  readonly skippedGPUs?: { readonly ids: readonly GpuReferenceText[] } | undefined;
  readonly "gpu-config-profiles"?: Readonly<Record<string, unknown>> | undefined;
  readonly gpuConfigProfile?: string | undefined;
  readonly gpuClientSystemdServices?: { readonly names: readonly string[] } | undefined;
  /** @default "refuse" */
  readonly inUse?: "refuse" | "wait" | undefined;
  /** @default "allow" */
  readonly driverReload?: "allow" | "refuse" | undefined;
}

const OWNER = /^[^/\s]+\/[^/\s]+\/\S+$/;

/** Arguments of `openHost`, which says which host it is. */
const OF_HOST = new Set(["connection", "local", "simulation", "mode", "timeouts", "amdSmiPath", "identity"]);

/** Arguments that have a meaning for a GpuPartitionConfig only, which can be destroyed. */
const OF_RESOURCE = new Set(["persist", "onDelete"]);

interface Declarer {
  /** "project/stack/name" */
  readonly owner: string;
  /** Seconds. */
  readonly inUseTimeout?: number | undefined;
}

/** @throws ArgumentError */
export function parseDeclaration(
  declaration: LayoutDeclaration,
  { owner, inUseTimeout }: Declarer,
): PartitionArgs {
  const given = Object.keys(declaration);
  const problems = [
    ...(OWNER.test(owner) ? [] : [`owner must be "project/stack/name" (it is "${owner}")`]),
    ...given
      .filter((name) => OF_HOST.has(name))
      .map((name) => `${name} is an argument of openHost; leave it out of the declaration`),
    ...given
      .filter((name) => OF_RESOURCE.has(name))
      .map((name) => `${name} is an argument of a GpuPartitionConfig only; leave it out`),
  ];
  if (problems.length > 0) throw new ArgumentError(problems);
  const wanted = {
    ...declaration,
    identity: { key: owner, urn: owner, keyFormat: 2 },
    ...(inUseTimeout !== undefined && { timeouts: { inUse: inUseTimeout } }),
  };
  const parsed = partitionArgsSchema.safeParse(wanted);
  if (!parsed.success)
    throw new ArgumentError(problemsOf(parsed.error, wanted).map(({ message }) => message));
  return parsed.data;
}

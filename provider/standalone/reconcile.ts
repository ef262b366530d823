import type { OpenHost } from "../access/open-host.ts";
import { ArgumentError } from "../argument-errors.ts";
import type { Bound } from "../bound.ts";
import { reconcile } from "../partitioner/change/reconcile.ts";
import type { Reconciled } from "../partitioner/change/request.ts";
import type { Progress } from "../partitioner/partitioner.ts";
import { declaredPartitions } from "../partitioner/plan/declared.ts";
import { resolveModes } from "../partitioner/plan/resolve.ts";
import { stackPrefix } from "../resource-key.ts";
import { type PartitionArgs, partitionArgsSchema } from "../schema/partition.ts";
import { problemsOf } from "../schema/sentences.ts";
import type { ComputeMode, MemoryMode } from "../topology/modes.ts";
import { partitionerOf } from "./usable.ts";

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

export interface ReconcileOptions {
  /**
   * Who declares this, as "project/stack/name": the key under which the host's record lists the owner of the GPUs. Another owner of the
   * same GPUs is refused.
   */
  readonly owner: string;
  /** Seconds to wait for processes on the GPUs, where `inUse` is "wait". @default 600 */
  readonly inUseTimeout?: number | undefined;
  /** Cancels before the next step; what was done so far is rolled back. @default never */
  readonly signal?: AbortSignal | undefined;
  /** Called with one line before each step and while long steps run. @default nobody is told */
  readonly onProgress?: Progress | undefined;
}

const OWNER = /^[^/\s]+\/[^/\s]+\/\S+$/;

/** Says which host it is, which `openHost` was told. */
const OF_HOST = new Set(["connection", "local", "simulation", "mode", "timeouts", "amdSmiPath", "identity"]);

/** Of a GpuPartitionConfig only. */
const OF_RESOURCE = new Set(["persist", "onDelete"]);

/**
 * The safe change without Pulumi: lock, observe, refuse early, journal, change step by step, verify, roll back on failure.
 *
 * @throws ArgumentError, HostUnusableError, RefusedError, ChangeFailedError, GivenUpError, HostLockedError
 */
export async function reconcileHost(
  host: OpenHost,
  declaration: LayoutDeclaration,
  options: ReconcileOptions,
): Promise<Reconciled> {
  const args = parse(declaration, options);
  const partitioner = partitionerOf(host);
  const observation = await partitioner.observe();
  const resolution = resolveModes(
    { desired: declaredPartitions(args), before: new Map(), declared: "anew" },
    observation,
  );
  if (!resolution.ok)
    throw new ArgumentError(resolution.problems.map(({ path, message }) => `${path} ${message}`));
  const { key } = args.identity;
  const bound: Bound = options.signal ? { signal: options.signal } : {};
  return reconcile(partitioner, {
    key,
    desired: resolution.present,
    owned: [...resolution.modes.keys()],
    reason: observation.record.owners[key] === undefined ? "not yet created" : "drift",
    bound,
    policy: {
      driverReload: args.driverReload,
      ownKey: key,
      ownPrefixes: [stackPrefix(key)],
      inUse: args.inUse,
      inUseMs: args.timeouts.inUse * 1000,
      services: args.gpuClientSystemdServices.names,
    },
    progress: options.onProgress ?? (() => undefined),
  });
}

function parse(declaration: LayoutDeclaration, { owner, inUseTimeout }: ReconcileOptions): PartitionArgs {
  const given = Object.keys(declaration);
  const problems = [
    ...(OWNER.test(owner) ? [] : [`owner must be "project/stack/name" (it is "${owner}")`]),
    ...given
      .filter((name) => OF_HOST.has(name))
      .map((name) => `${name} belongs to openHost, not to a declaration`),
    ...given
      .filter((name) => OF_RESOURCE.has(name))
      .map((name) => `${name} belongs to a GpuPartitionConfig, which has a life to end`),
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

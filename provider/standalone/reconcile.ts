import type { HostRequest, OpenHost } from "../access/host.ts";
import { openHost } from "../access/open-host.ts";
import { partitionerWithoutDriver } from "../access/open-real-host.ts";
import { ArgumentError } from "../argument-errors.ts";
import type { Bound } from "../bound.ts";
import { assertTime } from "../partitioner/change/assert-time.ts";
import { ensureDriverLoaded } from "../partitioner/change/ensure-driver-loaded.ts";
import { reconcile } from "../partitioner/change/reconcile.ts";
import type { Reconciled } from "../partitioner/change/request.ts";
import type { Progress } from "../partitioner/partitioner.ts";
import { declaredPartitions } from "../partitioner/plan/declared.ts";
import { resolveModes } from "../partitioner/plan/resolve.ts";
import { policyOf } from "../partitioner/refuse/policy.ts";
import { type LayoutDeclaration, parseDeclaration } from "./declaration.ts";
import { partitionerOf } from "./usable.ts";

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

/**
 * The safe change without Pulumi: lock, observe, refuse early, journal, change step by step, verify, roll back on failure.
 *
 * @throws ArgumentError, HostUnusableError, RefusedError, ChangeFailedError, GivenUpError, HostLockedError
 */
export async function reconcileHost(
  host: OpenHost,
  request: HostRequest,
  declaration: LayoutDeclaration,
  options: ReconcileOptions,
): Promise<Reconciled> {
  const args = parseDeclaration(declaration, options);
  const { key } = args.identity;
  const progress = options.onProgress ?? (() => undefined);
  const bound: Bound = options.signal ? { signal: options.signal } : {};
  const partitioner = partitionerOf(await readyHost(host, request, key, progress, bound));
  const observation = await partitioner.observe();
  const resolution = resolveModes(
    { desired: declaredPartitions(args), before: new Map(), declared: "changed" },
    observation,
  );
  if (!resolution.ok)
    throw new ArgumentError(resolution.problems.map(({ path, message }) => `${path} ${message}`));
  return reconcile(partitioner, {
    key,
    desired: resolution.present,
    owned: [...resolution.modes.keys()],
    reason: observation.record.owners[key] === undefined ? "not yet created" : "drift",
    bound,
    policy: policyOf(args),
    progress,
  });
}

/** A change of the same owner that died between unloading and loading the driver is resumed by loading it. */
async function readyHost(
  host: OpenHost,
  request: HostRequest,
  key: string,
  progress: Progress,
  bound: Bound,
): Promise<OpenHost> {
  const found = partitionerWithoutDriver(host, request, key);
  if (!found) return host;
  assertTime(found.target, bound);
  const known = await found.record.locked(() => ensureDriverLoaded(found, key, progress, bound), bound);
  return openHost({ ...request, known });
}

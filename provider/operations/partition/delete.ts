import { type HostObservation, memoryModeOf } from "../../detection/observation.ts";
import { withoutOwner } from "../../host-record/changes.ts";
import { ensureDriverLoaded } from "../../partitioner/change/ensure-driver-loaded.ts";
import { reconcile } from "../../partitioner/change/reconcile.ts";
import { settleBootUnit } from "../../partitioner/change/settle-boot-unit.ts";
import type { DesiredModes } from "../../partitioner/plan/desired.ts";
import { absentIn, observedModes } from "../../partitioner/plan/host-modes.ts";
import { policyOf } from "../../partitioner/refuse/policy.ts";
import { accessIn } from "../../schema/allocation.ts";
import type { ModePair } from "../../topology/modes.ts";
import type { Properties } from "../../wire/handler.ts";
import { hostInState } from "../host-in-state.ts";
import type { Operation } from "../operation/operation.ts";
import { readPartitionState } from "../state/partition-state.ts";
import { partitionMessages as say } from "./messages.ts";
import { readyHost } from "./ready-host.ts";
import { parseArgs, partitionerOf } from "./request.ts";

export async function deletePartition(operation: Operation, props: Properties): Promise<void> {
  const args = parseArgs(props);
  const { key, urn } = args.identity;
  const { hostId } = readPartitionState(props).computed;
  const declared = accessIn(args);
  // The other half of the replacement goes, or went, straight to the new layout.
  if (operation.declarations.isReplaced(key, { hostId, access: declared })) {
    operation.declarations.noteDeleted(key);
    return;
  }
  const log = operation.log(urn);
  const progress = (line: string): void => log("progress", line);
  const { access } = await hostInState(operation, declared, hostId);
  const host = await readyHost(operation, access, progress);
  const partitioner = partitionerOf(host, args);
  // First: a boot during the restore must not set what is being taken back.
  await settleBootUnit(partitioner, host.observation, args.identity, undefined, progress);
  // Nothing was ever set on a host whose modes cannot be changed from here.
  if (partitioner.unchangeable !== undefined && host.observation.record.owners[key] === undefined) return;
  // GPUs that an interrupted change is still loading are waited for; what does not come in time is not restored.
  const observation =
    host.observation.record.journal?.key === key
      ? await partitioner.record.locked(() => ensureDriverLoaded(partitioner, key, progress, operation.bound))
      : host.observation;
  const { restorable, kept, missing } = whatToRestore(observation, key);
  if (args.onDelete === "restore" && missing.length > 0)
    log("warning", say["gpus-not-restored"]({ gpus: missing }).text);
  if (args.onDelete === "restore" && kept.length > 0) {
    const owners = otherOwners(observation, key);
    log("warning", say["restore-left-to-others"]({ gpus: kept, owners }).text);
  }
  if (args.onDelete === "restore" && restorable.size > 0) {
    const done = await reconcile(partitioner, {
      key,
      desired: restorable,
      owned: observation.record.owners[key] ?? [],
      reason: "restore",
      policy: policyOf(args),
      bound: operation.bound,
      progress,
    });
    await operation.hosts.refresh(access, done.observation);
  }
  await partitioner.record.update((now) => withoutOwner(now, key));
}

const otherOwners = (observation: HostObservation, key: string): readonly string[] =>
  Object.keys(observation.record.owners).filter((owner) => owner !== key);

interface ToRestore {
  readonly restorable: DesiredModes;
  /** Stay as they are, because of other owners. */
  readonly kept: readonly string[];
  /** Cannot be set back, because the host does not show them. */
  readonly missing: readonly string[];
}

/** Modes from before the first change, of the GPUs that are present. */
function whatToRestore(observation: HostObservation, key: string): ToRestore {
  const { restorable, kept } = whatWasBefore(observation, key);
  const missing = absentIn(observation, [...restorable.keys()]);
  return {
    restorable: new Map([...restorable].filter(([gpu]) => !missing.includes(gpu))),
    kept,
    missing,
  };
}

/**
 * The modes from before the first change. The last owner to leave restores every GPU of the host, those included that left a declaration or were
 * reached by a memory mode; any other owner only its own GPUs, if their memory mode, which is shared, is as before.
 */
function whatWasBefore(observation: HostObservation, key: string): Omit<ToRestore, "missing"> {
  const { owners, before } = observation.record;
  const others = otherOwners(observation, key);
  if (owners[key] === undefined) return { restorable: new Map(), kept: [] };
  if (others.length === 0) return { restorable: new Map(Object.entries(before)), kept: [] };
  const shared = new Set(others.flatMap((owner) => owners[owner] ?? []));
  const modes = observedModes(observation);
  const memory = memoryModeOf(observation);
  const restorable = new Map<string, ModePair>();
  const kept: string[] = [];
  for (const gpu of owners[key] ?? []) {
    const pair = before[gpu];
    if (!pair) continue;
    if (shared.has(gpu) || pair.memory !== (modes.get(gpu)?.memory ?? memory)) kept.push(gpu);
    else restorable.set(gpu, pair);
  }
  return { restorable, kept };
}

import { type HostObservation, memoryModeOf } from "../../detection/observation.ts";
import { withoutOwner } from "../../host-record/changes.ts";
import { reconcile } from "../../partitioner/change/reconcile.ts";
import { settleBootUnit } from "../../partitioner/change/settle-boot-unit.ts";
import type { DesiredModes } from "../../partitioner/plan/desired.ts";
import type { ModePair } from "../../topology/modes.ts";
import { accessOf } from "../access-of.ts";
import { logOn } from "../engine-log.ts";
import type { Properties } from "../handler.ts";
import { isReplacing, refreshHost } from "../operation.ts";
import { drivenHost } from "./driven-host.ts";
import { parseArgs, partitionerOf, policyOf } from "./request.ts";

export async function removePartition(_id: string, props: Properties): Promise<void> {
  const args = parseArgs(props);
  const { key } = args.identity;
  // The create half of a replacement follows and goes straight to the new layout.
  if (isReplacing(key)) return;
  const access = accessOf(args);
  const log = logOn(args.identity.urn);
  const host = await drivenHost(access, (line) => log("progress", line));
  const partitioner = partitionerOf(host, args);
  // First: a boot during the restore must not set what is being taken back.
  await settleBootUnit(partitioner, host.observation, key, undefined, (line) => log("progress", line));
  const { restorable, kept } = whatToRestore(host.observation, key);
  if (args.onDelete === "restore" && kept.length > 0) {
    log(
      "warning",
      `${kept.join(", ")} stay as they are: ${otherOwners(host.observation, key).join(", ")} declare GPUs of this host too; the last one restores`,
    );
  }
  if (args.onDelete === "restore" && restorable.size > 0) {
    const done = await reconcile(partitioner, {
      key,
      desired: restorable,
      reason: "restore",
      policy: policyOf(args),
      progress: (line) => log("progress", line),
    });
    await refreshHost(access, done.observation);
  }
  await partitioner.record.update((now) => withoutOwner(now, key));
}

const otherOwners = (observation: HostObservation, key: string): readonly string[] =>
  Object.keys(observation.record.owners).filter((owner) => owner !== key);

/**
 * What was before us. The last one to leave sets back every GPU of the host, those included that left a declaration or were
 * reached by a memory mode; anyone else only GPUs of his own whose memory mode, which is everybody's, is as before.
 */
function whatToRestore(
  observation: HostObservation,
  key: string,
): { readonly restorable: DesiredModes; readonly kept: readonly string[] } {
  const { owners, before } = observation.record;
  const others = otherOwners(observation, key);
  if (owners[key] === undefined) return { restorable: new Map(), kept: [] };
  if (others.length === 0) return { restorable: new Map(Object.entries(before)), kept: [] };
  const shared = new Set(others.flatMap((owner) => owners[owner] ?? []));
  const memory = memoryModeOf(observation);
  const restorable = new Map<string, ModePair>();
  const kept: string[] = [];
  for (const gpu of owners[key] ?? []) {
    const pair = before[gpu];
    if (!pair) continue;
    if (shared.has(gpu) || pair.memory !== memory) kept.push(gpu);
    else restorable.set(gpu, pair);
  }
  return { restorable, kept };
}

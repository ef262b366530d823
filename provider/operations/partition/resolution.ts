import type { HostObservation } from "../../detection/observation.ts";
import { declaredPartitions } from "../../partitioner/plan/declared.ts";
import { planMessages } from "../../partitioner/plan/messages.ts";
import type { Plan } from "../../partitioner/plan/plan.ts";
import { type Resolution, resolveModes } from "../../partitioner/plan/resolve.ts";
import type { PartitionArgs } from "../../schema/partition.ts";
import { parseLayout } from "../../topology/modes.ts";
import type { Properties } from "../../wire/handler.ts";
import type { SettledFields } from "../../wire/partition-outputs.ts";
import { sameValue } from "../../wire/unknowns.ts";
import type { PartitionState } from "../state/partition-state.ts";
import { settledFields } from "./fields.ts";

/** The keys that say how to partition; everything else says how to get there. */
const LAYOUT_KEYS = [
  "computePartition",
  "memoryPartition",
  "profiles",
  "skippedGPUs",
  "gpu-config-profiles",
  "gpuConfigProfiles",
  "gpuConfigProfile",
];

export const declaresSameLayout = (before: PartitionState, given: Properties): boolean =>
  LAYOUT_KEYS.every((key) => sameValue(before.declared[key], given[key]));

export type Resolved = Extract<Resolution, { ok: true }>;

/** What the declaration means on this host, given what it meant when it was last applied there. */
export const resolutionOf = (
  args: PartitionArgs,
  before: PartitionState,
  observation: HostObservation,
): Resolution =>
  resolveModes(
    {
      desired: declaredPartitions(args),
      before: parseLayout(
        before.computed.hostId === observation.hostId ? (before.computed.layout ?? {}) : {},
      ),
      declared: declaresSameLayout(before, { ...args }) ? "as before" : "changed",
    },
    observation,
  );

/** Fields of a layout that is in place; a layout of which GPUs are missing has drifted. */
export function statusFields(observation: HostObservation, { modes, absent }: Resolved): SettledFields {
  const settled = settledFields(observation, modes);
  return absent.length > 0 ? { ...settled, status: "Drifted" } : settled;
}

/** In sync but for GPUs that are missing, which no step can bring back. */
export const withReason = (planned: Plan, { absent }: Resolved): Plan =>
  absent.length > 0 && planned.steps.length === 0
    ? { ...planned, reason: planMessages["gpus-missing-reason"]({ gpus: absent }).text }
    : planned;

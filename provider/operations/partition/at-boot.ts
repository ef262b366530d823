import type { HostObservation } from "../../detection/observation.ts";
import type { Message } from "../../message.ts";
import { type BootFiles, bootUnitName, unitNameOf } from "../../partitioner/boot-unit/boot-files.ts";
import { type AtBoot, atBoot } from "../../partitioner/boot-unit/compare.ts";
import { bootFiles } from "../../partitioner/boot-unit/render.ts";
import type { Partitioner } from "../../partitioner/partitioner.ts";
import type { DesiredModes } from "../../partitioner/plan/desired.ts";
import type { PlanReason } from "../../partitioner/plan/plan.ts";
import { policyOf } from "../../partitioner/refuse/policy.ts";
import type { PartitionArgs } from "../../schema/partition.ts";
import { partitionMessages as say } from "./messages.ts";

/** What the declaration wants of the next boot. A simulated host is never booted. */
export const wantedAtBoot = (
  { kind, unchangeable }: Pick<Partitioner, "kind" | "unchangeable">,
  args: PartitionArgs,
  desired: DesiredModes,
): BootFiles | undefined =>
  args.persist && kind === "hardware" && unchangeable === undefined
    ? bootFiles(desired, { ...policyOf(args), amdSmiPath: args.amdSmiPath })
    : undefined;

/** What the next boot does, compared with what is declared. */
export function observedAtBoot(
  observation: HostObservation,
  partitioner: Pick<Partitioner, "kind" | "unchangeable">,
  args: PartitionArgs,
  desired: DesiredModes,
): AtBoot | undefined {
  const former = (args.identity.formerKeys ?? []).map((ownKey) =>
    bootFiles(desired, { ...policyOf(args), amdSmiPath: args.amdSmiPath, ownKey }),
  );
  return atBoot(observation, args.identity, wantedAtBoot(partitioner, args, desired), former);
}

export const isToBeDone = (atBoot: AtBoot | undefined): boolean =>
  atBoot === "to be installed" || atBoot === "to be removed";

/** For the preview: what would be done about the next boot, and that the last one has undone the modes. */
export function bootMessages(
  state: AtBoot | undefined,
  { bootId, record }: HostObservation,
  { persist, identity }: PartitionArgs,
  reason: PlanReason | "none",
): readonly Message[] {
  const unit = unitNameOf(bootUnitName(identity.key));
  const restarted = reason === "drift" && record.bootId !== undefined && record.bootId !== bootId;
  return [
    ...(state === "to be installed" ? [say["boot-unit-install"]({ unit })] : []),
    ...(state === "to be removed" ? [say["boot-unit-remove"]({ unit })] : []),
    ...(restarted && !persist ? [say["restarted-without-persist"]()] : []),
  ];
}

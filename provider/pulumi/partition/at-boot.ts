import type { HostObservation } from "../../detection/observation.ts";
import {
  type AtBoot,
  type BootFiles,
  bootFiles,
  bootUnitName,
  unitNameOf,
} from "../../partitioner/hardware/boot-unit.ts";
import type { Partitioner } from "../../partitioner/partitioner.ts";
import type { DesiredModes } from "../../partitioner/plan/desired.ts";
import type { PlanReason } from "../../partitioner/plan/plan.ts";
import type { PartitionArgs } from "../../schema/partition.ts";
import type { Properties } from "../handler.ts";
import { policyOf } from "./request.ts";

/** What the declaration wants of the next boot. A simulated host is never booted. */
export const wantedAtBoot = (
  { kind }: Pick<Partitioner, "kind">,
  args: PartitionArgs,
  desired: DesiredModes,
): BootFiles | undefined =>
  args.persist && kind === "hardware" ? bootFiles(desired, policyOf(args)) : undefined;

/** Where the next boot is not seen: what was installed is taken to be still there. */
export const keptAtBoot = (olds: Properties): { readonly atBoot?: AtBoot } =>
  olds["atBoot"] === undefined ? {} : { atBoot: "installed" };

export const isToBeDone = (atBoot: unknown): boolean =>
  atBoot === "to be installed" || atBoot === "to be removed";

/** Lines for the preview: what would be done about the next boot, and that the last one has undone the modes. */
export function bootNews(
  state: AtBoot | undefined,
  { bootId, record }: HostObservation,
  { persist, identity }: PartitionArgs,
  reason: PlanReason | "none",
): readonly string[] {
  const unit = unitNameOf(bootUnitName(identity.key));
  const step =
    state === "to be installed"
      ? [`install ${unit}, which sets these modes again at every boot`]
      : state === "to be removed"
        ? [`remove ${unit}: the next boot sets no modes`]
        : [];
  const restarted = reason === "drift" && record.bootId !== undefined && record.bootId !== bootId;
  if (!restarted || persist) return step;
  return [
    ...step,
    "the host was restarted since the last change, and nothing survives a reboot without `persist: true`",
  ];
}

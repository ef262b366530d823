import type { HostObservation } from "../../detection/observation.ts";
import { OwnerKeptError } from "../../host-errors.ts";
import { withoutJournal, withoutOwner } from "../../host-record/changes.ts";
import { bootUnitName } from "../../partitioner/boot-unit/boot-files.ts";
import type { Partitioner } from "../../partitioner/partitioner.ts";
import { leftOver } from "../../partitioner/refuse/unfinished.ts";
import { partitionerOf, type UsableHost } from "../usable.ts";
import { type ListedOwner, listedOwners } from "./listed.ts";
import { releaseBlockers } from "./release-blockers.ts";

/** Observes the host once: who declares its GPUs. */
export async function ownersOn(host: UsableHost): Promise<readonly ListedOwner[]> {
  return listedOwners(await partitionerOf(host).observe());
}

/** @throws OwnerKeptError */
export async function releaseOwner(host: UsableHost, owner: ListedOwner): Promise<void> {
  const partitioner = partitionerOf(host);
  const { target } = partitioner;
  const { key } = owner;
  const refuse = (reasons: readonly string[]): void => {
    if (reasons.length > 0) throw new OwnerKeptError(target, key, reasons);
  };
  const before = await partitioner.observe();
  await partitioner.record.locked(async () => {
    const observation = await partitioner.observe();
    // Who had the lock until now may have been the very stack that is said to be gone.
    if (observation.record.revision !== before.record.revision)
      refuse(["the host record was changed in the meantime; list the owners again"]);
    refuse([...releaseBlockers(observation, owner), ...(await idleServices(partitioner, observation, key))]);
    if (listedOwners(observation).some((one) => one.key === key && one.atBoot === "installed"))
      await partitioner.removeBootUnit(bootUnitName(key));
    await partitioner.record.update((record) => {
      refuse(releaseBlockers({ ...observation, record }, owner));
      return withoutOwner(record.journal?.key === key ? withoutJournal(record) : record, key);
    });
  });
}

/** With the journal goes the only note of the services that a change has stopped. */
async function idleServices(
  partitioner: Partitioner,
  observation: HostObservation,
  key: string,
): Promise<readonly string[]> {
  const stopped = observation.record.journal?.key === key ? leftOver(observation) : [];
  const active = await Promise.all(stopped.map((name) => partitioner.isServiceActive(name)));
  const idle = stopped.filter((_, number) => !active[number]);
  return idle.length === 0
    ? []
    : [`its interrupted change stopped ${idle.join(", ")}; start the services that should run first`];
}

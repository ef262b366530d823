import { ChangeFailedError } from "../../change-errors.ts";
import type { HostObservation } from "../../detection/observation.ts";
import { keysOf } from "../../resource-key.ts";
import { type BootFiles, bootUnitName, unitNameOf } from "../boot-unit/boot-files.ts";
import { type AtBoot, atBoot, type BootOwner, unitsOf } from "../boot-unit/compare.ts";
import type { Partitioner, Progress } from "../partitioner.ts";

const MODES_STAND = "The modes match the plan, but the boot unit does not. The next update tries again.";

/**
 * Makes the next boot of the host do what is declared, after the modes are in place. A unit under a former key of the declaration
 * is replaced. @throws ChangeFailedError
 */
export async function settleBootUnit(
  partitioner: Partitioner,
  observation: HostObservation,
  owner: BootOwner,
  wanted: BootFiles | undefined,
  progress: Progress,
): Promise<AtBoot | undefined> {
  const state = atBoot(observation, owner, wanted);
  const own = bootUnitName(owner.key);
  const remove = async (name: string): Promise<void> => {
    progress(`removing ${unitNameOf(name)}`);
    await partitioner.record.locked(() => partitioner.removeBootUnit(name));
  };
  try {
    if (state === "to be installed" && wanted) {
      progress(`installing ${unitNameOf(own)}`);
      await partitioner.record.locked(() => partitioner.installBootUnit(wanted));
    }
    const present = unitsOf(observation, keysOf(owner)).map(({ name }) => name);
    for (const name of present) if (!wanted || name !== own) await remove(name);
    return wanted && "installed";
  } catch (failure) {
    throw new ChangeFailedError(partitioner.target, failure, MODES_STAND, "left");
  }
}

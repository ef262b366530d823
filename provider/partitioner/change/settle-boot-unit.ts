import type { HostObservation } from "../../detection/observation.ts";
import { type AtBoot, atBoot, type BootFiles, bootUnitName, unitNameOf } from "../hardware/boot-unit.ts";
import type { Partitioner, Progress } from "../partitioner.ts";
import { ChangeFailedError } from "./change-errors.ts";

const MODES_STAND = "The modes are as planned; what the next boot does is not. The next run tries again.";

/** Makes the next boot of the host do what is declared, after the modes are in place. @throws ChangeFailedError */
export async function settleBootUnit(
  partitioner: Partitioner,
  observation: HostObservation,
  key: string,
  wanted: BootFiles | undefined,
  progress: Progress,
): Promise<AtBoot | undefined> {
  const state = atBoot(observation, key, wanted);
  const name = bootUnitName(key);
  try {
    if (state === "to be installed" && wanted) {
      progress(`installing ${unitNameOf(name)}`);
      await partitioner.record.locked(() => partitioner.installBootUnit(wanted));
      return "installed";
    }
    if (state === "to be removed") {
      progress(`removing ${unitNameOf(name)}`);
      await partitioner.record.locked(() => partitioner.removeBootUnit(name));
      return undefined;
    }
    return state;
  } catch (failure) {
    throw new ChangeFailedError(partitioner.target, failure, MODES_STAND, "left");
  }
}

import type { Bound } from "../../bound.ts";
import type { HostObservation } from "../../detection/observation.ts";
import type { Partitioner, Progress } from "../partitioner.ts";
import { reloadsDriver } from "../plan/host-modes.ts";
import { isWithoutDriver } from "../refuse/unfinished.ts";
import { waitForGpus } from "../wait-for-gpus.ts";

/** A load of the driver goes on without who has begun it. How long one takes no source says: longer than this is a fault. */
const COMING_MS = 120_000;

/**
 * @returns the host, with its driver where a change of `key` has left it without, and with all GPUs of that change where it
 * died during a load that has shown some of them. What does not come in time is the caller's to miss.
 */
export async function ensureDriverLoaded(
  partitioner: Partitioner,
  key: string,
  progress: Progress,
  bound: Bound = {},
): Promise<HostObservation> {
  const found = await partitioner.observe();
  const { journal } = found.record;
  if (journal?.key !== key) return found;
  const gpus = Object.keys(journal.before);
  if (isWithoutDriver(found, key)) {
    progress("the last change left the amdgpu driver unloaded; loading it");
    await partitioner.apply({ action: "reloadDriver", gpus }, progress);
    return partitioner.observe();
  }
  if (!reloadsDriver(journal)) return found;
  const { now } = await waitForGpus(found, gpus, {
    observe: () => partitioner.observe(),
    limitMs: COMING_MS,
    bound,
    waitingFor: (absent) =>
      progress(
        `waiting for the driver, which the last change was loading: ${absent.join(", ")} not visible yet`,
      ),
  });
  return now;
}

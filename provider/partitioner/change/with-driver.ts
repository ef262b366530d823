import type { HostObservation } from "../../detection/observation.ts";
import type { Partitioner, Progress } from "../partitioner.ts";
import { observedModes } from "../plan/host-modes.ts";
import { isWithoutDriver } from "../refuse/unfinished.ts";

/** A load of the driver goes on without who has begun it; of eight GPUs the last one is there within a minute. */
const COMING_MS = 120_000;
const POLL_MS = 1000;

/**
 * @returns the host, with its driver where a change of `key` has left it without, and with all GPUs of that change where it
 * died during a load that has shown some of them. What does not come in time is the caller's to miss.
 */
export async function withDriver(
  partitioner: Partitioner,
  key: string,
  progress: Progress,
): Promise<HostObservation> {
  const found = await partitioner.observe();
  if (!isWithoutDriver(found, key)) return whenComplete(partitioner, found, key, progress);
  progress("the last change has left the host without its driver: loading it");
  await partitioner.apply(
    { action: "reloadDriver", gpus: Object.keys(found.record.journal?.before ?? {}) },
    progress,
  );
  return partitioner.observe();
}

async function whenComplete(
  partitioner: Partitioner,
  found: HostObservation,
  key: string,
  progress: Progress,
): Promise<HostObservation> {
  const until = performance.now() + COMING_MS;
  let now = found;
  for (;;) {
    const absent = absentOf(now, key);
    if (absent.length === 0 || performance.now() >= until) return now;
    progress(
      `waiting for the driver, which the last change was loading: ${absent.join(", ")} cannot be seen yet`,
    );
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    now = await partitioner.observe();
  }
}

/** GPUs that a change of `key`, which is not finished, had found and that are not there now. */
function absentOf(observation: HostObservation, key: string): readonly string[] {
  const { journal } = observation.record;
  if (journal?.key !== key) return [];
  const present = observedModes(observation);
  return Object.keys(journal.before).filter((gpu) => !present.has(gpu));
}

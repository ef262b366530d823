import type { Partitioner, Progress } from "../partitioner.ts";

/**
 * One after the other. `stopping` is told of each that runs before it is stopped: whoever finds that note and no end of the
 * change starts it again, and starting what runs does no harm.
 */
export async function stopServices(
  partitioner: Partitioner,
  names: readonly string[],
  stopping: (name: string) => Promise<void>,
  progress: Progress,
): Promise<void> {
  for (const name of names) {
    if (!(await partitioner.isServiceActive(name))) continue;
    await stopping(name);
    progress(`stopping ${name}`);
    await partitioner.stopService(name);
  }
}

/**
 * Exactly those that were stopped, the last first; all are tried.
 *
 * @returns one sentence for each that does not start.
 */
export async function startServices(
  partitioner: Partitioner,
  names: readonly string[],
  progress: Progress,
): Promise<readonly string[]> {
  const complaints: string[] = [];
  for (const name of names.toReversed()) {
    progress(`starting ${name}`);
    await partitioner.startService(name).catch((error: unknown) => complaints.push((error as Error).message));
  }
  return complaints;
}

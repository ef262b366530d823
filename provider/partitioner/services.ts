import type { Partitioner } from "./partitioner.ts";

/**
 * One after the other. `stopping` is told of each that runs before it is stopped: whoever finds that note and no end of the
 * change starts it again, and starting what runs does no harm.
 */
export async function stopServices(
  partitioner: Partitioner,
  names: readonly string[],
  stopping: (name: string) => Promise<void>,
): Promise<void> {
  for (const name of names) {
    if (!(await partitioner.isServiceActive(name))) continue;
    await stopping(name);
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
): Promise<readonly string[]> {
  const complaints: string[] = [];
  for (const name of names.toReversed())
    await partitioner.startService(name).catch((error: unknown) => complaints.push((error as Error).message));
  return complaints;
}

import type { Partitioner } from "./partitioner.ts";

/** One after the other; `stopped` is told of each that ran, before the next one is touched. */
export async function stopServices(
  partitioner: Partitioner,
  names: readonly string[],
  stopped: (name: string) => Promise<void>,
): Promise<void> {
  for (const name of names) if (await partitioner.stopService(name)) await stopped(name);
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

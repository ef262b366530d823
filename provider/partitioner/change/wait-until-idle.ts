import { type Bound, pause } from "../../bound.ts";
import { type Message, textOf } from "../../message.ts";
import type { Partitioner, Progress } from "../partitioner.ts";
import type { Plan } from "../plan/plan.ts";
import { processRefusals, patienceFor } from "../refuse/in-use.ts";
import type { ChangePolicy } from "../refuse/refuse.ts";
import { assertTime } from "./assert-time.ts";

const POLL_MS = 1000;

/** Who still holds a GPU that would change, after the services were stopped and, as far as patience goes, after waiting. */
export async function waitUntilIdle(
  partitioner: Partitioner,
  planned: Plan,
  policy: ChangePolicy,
  progress: Progress,
  bound: Bound,
): Promise<readonly Message[]> {
  const since = performance.now();
  let told = "";
  for (;;) {
    assertTime(partitioner.target, bound);
    const observation = await partitioner.observe();
    const gpuProcesses = processRefusals(observation, planned);
    const patience = patienceFor(observation, planned, policy);
    if (gpuProcesses.length === 0 || performance.now() - since >= patience) return gpuProcesses;
    const line = `waiting: ${textOf(gpuProcesses)}`;
    if (line !== told) progress(line);
    told = line;
    await pause(POLL_MS, bound);
  }
}

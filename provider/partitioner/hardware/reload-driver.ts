import type { Generation } from "../../amd-smi/generation.ts";
import type { Bound } from "../../bound.ts";
import type { HostObservation } from "../../detection/observation.ts";
import { excerpt } from "../../plain-text.ts";
import type { HostAsRoot } from "../host-as-root.ts";
import { type Progress, StepFailedError } from "../partitioner.ts";
import { absentIn, observedModes } from "../plan/host-modes.ts";
import type { StepOf } from "../plan/step.ts";
import { waitForGpus } from "../wait-for-gpus.ts";

/**
 * Unload and load in one script that ignores the loss of its connection: between the two the host has no driver, and
 * must not stay so because somebody's laptop went to sleep. AMD's own advice for ROCm 7.0 and later.
 */
const RELOAD_SCRIPT = `
trap '' HUP PIPE
PATH="$PATH:/usr/local/sbin:/usr/sbin:/sbin"
modprobe -r amdgpu || { code=$?; echo "modprobe -r amdgpu failed" >&2; exit "$code"; }
modprobe amdgpu
`;

/** What is read of what modprobe says. */
const LONGEST_COMPLAINT = 4096;

export interface Reload {
  readonly observe: () => Promise<HostObservation>;
  readonly generation: Generation;
  /** What unloading and loading, and what waiting for the GPUs may take. */
  readonly limitMs: number;
  readonly progress: Progress;
  /** Ends the wait for the GPUs too, not the load of the driver. */
  readonly bound: Bound;
}

/** Reloads the driver where that is needed, and waits until all GPUs of the step are back. */
export async function reloadDriver(
  host: HostAsRoot,
  step: StepOf<"reloadDriver">,
  { observe, generation, limitMs, progress, bound }: Reload,
): Promise<void> {
  // Up to ROCm 6.4 amd-smi has done it already, if it could.
  if (generation.memoryMode !== "stages" && step.memory !== undefined) {
    const now = await observe();
    const modes = observedModes(now);
    const applied = (step.memoryOf ?? step.gpus).every((gpu) => modes.get(gpu)?.memory === step.memory);
    if (applied && absentIn(now, step.gpus).length === 0) return;
  }
  const result = await host.run({ script: RELOAD_SCRIPT, name: "reloading the driver" }, limitMs);
  if (result.code !== 0) {
    const lines = result.stderr
      .slice(0, LONGEST_COMPLAINT)
      .split("\n")
      .map((line) => line.trim());
    const said = excerpt(lines.filter((line) => line !== "").join("; "));
    throw new StepFailedError(
      host.target,
      step,
      `the amdgpu driver did not reload: ${said || `exit ${result.code}`}`,
    );
  }
  const { absent } = await waitForGpus(await observe(), step.gpus, {
    observe,
    limitMs,
    bound,
    waitingFor: (gpus) => {
      const all = step.gpus.length;
      progress(`waiting for the driver: ${all - gpus.length} of ${all} GPUs are back`);
    },
  });
  if (absent.length > 0) {
    throw new StepFailedError(
      host.target,
      step,
      `${absent.join(", ")} did not come back within ${limitMs / 1000} s after the driver reload`,
    );
  }
}

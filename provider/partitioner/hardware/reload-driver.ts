import type { Generation } from "../../amd-smi/generation.ts";
import { type HostObservation, memoryModeOf, partitionableGpus } from "../../detection/observation.ts";
import { type Progress, StepFailedError } from "../partitioner.ts";
import type { StepOf } from "../plan/step.ts";
import type { HostAsRoot } from "./host-as-root.ts";

/** How often to look whether the GPUs are back after a reload; reading the files can wake a GPU, so not too often. */
const POLL_MS = 2000;

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

export interface Reload {
  readonly observe: () => Promise<HostObservation>;
  readonly generation: Generation;
  /** What unloading and loading, and what waiting for the GPUs may take. */
  readonly limitMs: number;
  readonly progress: Progress;
}

/** Loads the driver anew where that is needed, and waits until all GPUs of the step are back. */
export async function reloadDriver(
  host: HostAsRoot,
  step: StepOf<"reloadDriver">,
  { observe, generation, limitMs, progress }: Reload,
): Promise<void> {
  // Up to ROCm 6.4 amd-smi has done it already, if it could.
  if (generation.memoryMode !== "stages" && step.memory !== undefined) {
    const now = await observe();
    if (absentOf(step, now).length === 0 && memoryModeOf(now) === step.memory) return;
  }
  const result = await host.run({ script: RELOAD_SCRIPT }, limitMs);
  if (result.code !== 0) {
    const said = result.stderr.trim().replaceAll(/\s*\n\s*/g, "; ");
    throw new StepFailedError(
      host.target,
      step,
      `the amdgpu driver did not reload: ${said || `exit ${result.code}`}`,
    );
  }
  const until = performance.now() + limitMs;
  for (;;) {
    const absent = absentOf(step, await observe());
    if (absent.length === 0) return;
    const all = step.gpus.length;
    progress(`waiting for the driver: ${all - absent.length} of ${all} GPUs are back`);
    if (performance.now() > until) {
      throw new StepFailedError(
        host.target,
        step,
        `after the driver's reload ${absent.join(", ")} did not come back within ${limitMs / 1000} s`,
      );
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

function absentOf(step: StepOf<"reloadDriver">, now: HostObservation): readonly string[] {
  const present = new Set(partitionableGpus(now).map((gpu) => gpu.gpu));
  return step.gpus.filter((gpu) => !present.has(gpu));
}

import { type HostObservation, memoryGroupOf, partitionableGpus } from "../../detection/observation.ts";
import type { Bdf } from "../../topology/layout.ts";
import { type ComputeMode, type MemoryMode, type ModePair, sameModes } from "../../topology/modes.ts";
import type { DesiredModes } from "./desired.ts";
import { modesBefore } from "./host-modes.ts";

/** What each GPU must have at the end, declared or not: a reload resets the undeclared ones, so they are set back. */
export function finalModes(observation: HostObservation, desired: DesiredModes): ReadonlyMap<Bdf, ModePair> {
  const before = modesBefore(observation);
  const result = new Map<Bdf, ModePair>();
  const gpus = partitionableGpus(observation);
  const wanted = new Map(
    gpus.flatMap((gpu) => {
      const memory = desired.get(gpu.gpu)?.memory;
      return memory === undefined ? [] : [[memoryGroupOf(gpu), memory] as const];
    }),
  );
  const now = new Map(gpus.toReversed().map((gpu) => [memoryGroupOf(gpu), gpu.modes?.memory]));
  for (const observed of gpus) {
    const { gpu, permitted } = observed;
    const modes = before.get(gpu);
    if (!modes) continue;
    const group = memoryGroupOf(observed);
    const memory = wanted.get(group) ?? now.get(group) ?? "NPS1";
    const kept = { compute: modes.compute, memory };
    // An undeclared GPU keeps its compute mode if the new memory mode allows it, else the driver's own choice stands.
    const fallback =
      permitted.find((one) => sameModes(one, kept)) ?? defaultAfterReload(memory, permitted) ?? kept;
    result.set(gpu, desired.get(gpu) ?? fallback);
  }
  return result;
}

/** Compute modes a driver may pick by itself at load: sources differ for NPS4, by kernel. */
export const AFTER_RELOAD: Readonly<Record<MemoryMode, readonly ComputeMode[]>> = {
  NPS1: ["SPX"],
  NPS2: ["DPX"],
  NPS4: ["CPX", "QPX"],
  NPS8: ["CPX", "QPX"],
};

const defaultAfterReload = (memory: MemoryMode, permitted: readonly ModePair[]): ModePair | undefined =>
  AFTER_RELOAD[memory]
    .map((compute) => ({ compute, memory }))
    .find((pair) => permitted.some((one) => sameModes(one, pair)));

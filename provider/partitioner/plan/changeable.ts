import type { HostObservation } from "../../detection/observation.ts";
import type { ChangeableGpu, ChangeableHost } from "../../scheduler/advice/layout-alternatives.ts";
import type { Bdf } from "../../topology/layout.ts";
import type { ModePair } from "../../topology/modes.ts";

/**
 * What a scheduler needs to know of a host to suggest other modes.
 *
 * @param modes of the GPUs that may be changed: those they have, or those that are planned
 */
export const changeableHost = (
  observation: HostObservation,
  modes: ReadonlyMap<Bdf, ModePair>,
): ChangeableHost => ({
  hostId: observation.hostId,
  gpus: observation.gpus.flatMap(
    ({ gpu, memory, computeUnits, devicesByMode, permitted }): readonly ChangeableGpu[] => {
      const pair = modes.get(gpu);
      return pair ? [{ gpu, memory, computeUnits, devicesByMode, permitted, modes: pair }] : [];
    },
  ),
});

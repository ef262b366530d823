import type { HostObservation } from "../../detection/observation.ts";
import type { Bdf } from "../../topology/layout.ts";
import type { ModePair } from "../../topology/modes.ts";
import { layoutOf } from "./layout-of.ts";

/**
 * Reservations on devices that neither exist nor will: the layout was changed behind their back. They take nothing from the
 * devices that do exist.
 *
 * @param after modes of all GPUs when what is planned is done
 */
export function goneReservations(
  observation: HostObservation,
  after: ReadonlyMap<Bdf, ModePair>,
): readonly string[] {
  const known = new Set(
    [...observation.devices, ...layoutOf(observation, after).devices].map((device) => device.id),
  );
  return observation.record.reservations.flatMap(({ key, model, devices }) => {
    const gone = devices.map((claim) => claim.id).filter((id) => !known.has(id));
    return gone.length === 0
      ? []
      : [
          `${key} reserves ${gone.join(", ")} for ${model}, but ${gone.length === 1 ? "that device no longer exists" : "those devices no longer exist"}; the next update of its stack places the model again (if that stack is gone, call releaseReservation)`,
        ];
  });
}

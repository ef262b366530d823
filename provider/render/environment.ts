import { ArgumentError } from "../argument-errors.ts";

/** What identifies devices to a process: the driver's order on its host. */
export interface IndexedDevice {
  readonly index: number;
}

/**
 * The one variable that limits a process which could see all devices of its host: `{ ROCR_VISIBLE_DEVICES: "0,1" }`.
 *
 * Never a second one beside it (HIP_VISIBLE_DEVICES counts what ROCR_VISIBLE_DEVICES left over), and never an empty
 * value, which hides every device. Not for a container that has only the model's own devices mapped: there they are
 * numbered from 0 again.
 *
 * @throws ArgumentError without devices.
 */
export function visibleDevices(devices: readonly IndexedDevice[]): { readonly ROCR_VISIBLE_DEVICES: string } {
  if (devices.length === 0)
    throw new ArgumentError(["no devices: an empty ROCR_VISIBLE_DEVICES would hide all of them"]);
  const indices = devices.map((device) => device.index).toSorted((a, b) => a - b);
  return { ROCR_VISIBLE_DEVICES: indices.join(",") };
}

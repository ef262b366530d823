import { acceleratorOf, type Device } from "../devices.ts";
import type { NodeState } from "../state.ts";
import { RELEASES } from "../versions.ts";

export const hexadecimal = (value: number, digits: number): string =>
  value.toString(16).padStart(digits, "0");

/** PCI device id; what a guest is given has an id of its own. */
export const deviceIdOf = (state: NodeState, gpu: number): number => {
  const accelerator = acceleratorOf(state, gpu);
  return state.platform === "guest"
    ? (accelerator.guestDeviceId ?? accelerator.deviceId)
    : accelerator.deviceId;
};

/** Serial's first byte, "ff" or the partition, device id; version and variant; the rest of the serial. */
export function uuidOfDevice(state: NodeState, device: Device): string {
  const { serial } = device;
  const partition =
    RELEASES[state.rocm].uuid === "own-with-partition" ? hexadecimal(device.partition, 2) : "ff";
  const head = `${serial.slice(0, 2)}${partition}${hexadecimal(deviceIdOf(state, device.gpu), 4)}`;
  return `${head}-0000-1000-80${serial.slice(2, 4)}-${serial.slice(4)}`;
}

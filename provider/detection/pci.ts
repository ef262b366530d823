import { acceleratorByDeviceId } from "../topology/accelerators.ts";
import type { Bdf } from "../topology/layout.ts";

/** Processing accelerators. A GPU that can drive a screen has another class. */
const ACCELERATOR_CLASS = 0x12;

/** AMD's accelerators on the PCI bus, whatever driver they have: lines of address, class and device id. */
export const parsePciDevices = (text: string): readonly Bdf[] =>
  text
    .split("\n")
    .map((line) => line.trim().split(" "))
    .filter(([address = "", kind = "", device = ""]) => {
      const isAccelerator = Math.floor(Number(kind) / 2 ** 16) === ACCELERATOR_CLASS;
      return address.endsWith(".0") && (isAccelerator || acceleratorByDeviceId(Number(device)) !== undefined);
    })
    .map(([address = ""]) => address.toLowerCase());

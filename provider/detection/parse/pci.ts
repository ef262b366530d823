import { acceleratorByDeviceId } from "../../topology/accelerators.ts";
import type { Bdf } from "../../topology/layout.ts";

/** Processing accelerators. A GPU that can drive a screen has another class. */
const ACCELERATOR_CLASS = 0x12;

/** One of AMD's accelerators on the PCI bus, whatever driver it has. */
export interface PciAccelerator {
  readonly gpu: Bdf;
  readonly pciDeviceId: number;
  /** "amdgpu"; undefined: no driver has it. */
  readonly driver: string | undefined;
}

/** Lines of address, class, device id and driver, which may be missing. */
export const parsePciDevices = (text: string): readonly PciAccelerator[] =>
  text
    .split("\n")
    .map((line) => line.trim().split(" "))
    .filter(([address = "", kind = "", device = ""]) => {
      const isAccelerator = Math.floor(Number(kind) / 2 ** 16) === ACCELERATOR_CLASS;
      return address.endsWith(".0") && (isAccelerator || acceleratorByDeviceId(Number(device)) !== undefined);
    })
    .map(([address = "", , device = "", driver = ""]) => ({
      gpu: address.toLowerCase(),
      pciDeviceId: Number(device),
      driver: driver === "" ? undefined : driver,
    }));

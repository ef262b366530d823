import { expect, test } from "vitest";

import { parsePciDevices } from "../../../provider/detection/parse/pci.ts";

test("AMD's accelerators are found on the bus by class or by id, whatever their driver", () => {
  const lines = [
    "0000:0c:00.0 0x120000 0x74a1",
    "0000:22:00.0 0x120000 0xffff vfio-pci",
    "0000:C1:00.0 0x038000 0x74a1",
    // A processor's graphics, its sound, and a function that is none of a GPU's.
    "0000:c4:00.0 0x030000 0x15bf",
    "0000:c4:00.1 0x040300 0x1640",
    "0000:0c:00.1 0x120000 0x74a1",
    "0000:0d:00.0",
    "",
  ];
  expect(parsePciDevices(lines.join("\n"))).toEqual([
    { gpu: "0000:0c:00.0", pciDeviceId: 0x74_a1, driver: undefined },
    { gpu: "0000:22:00.0", pciDeviceId: 0xff_ff, driver: "vfio-pci" },
    { gpu: "0000:c1:00.0", pciDeviceId: 0x74_a1, driver: undefined },
  ]);
  expect(parsePciDevices("")).toEqual([]);
});

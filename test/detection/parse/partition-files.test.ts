import { expect, test } from "vitest";

import { parseCards } from "../../../provider/detection/parse/partition-files.ts";

test("cards are known by their PCI address, in its order; connectors are no cards", () => {
  const cards = [
    "card17/device/uevent:DRIVER=amdgpu",
    "card17/device/uevent:PCI_SLOT_NAME=0000:22:00.0",
    "card1/device/uevent:PCI_SLOT_NAME=0000:0C:00.0",
    "card1-DP-1/device/uevent:PCI_SLOT_NAME=0000:0C:00.0",
    "card1/device/vendor:0x1002",
    "card1/device/device:0x74a1",
    "card1/device/current_compute_partition:CPX",
    "card1/device/available_compute_partition:QPX, CPX",
    "card1/device/current_memory_partition:NPS4",
    "card1/device/available_memory_partition:NPS1, NPS2, NPS4",
    "card1/device/mem_info_vram_total:206141652992",
  ].join("\n");
  expect(parseCards(cards)).toEqual([
    {
      gpu: "0000:0c:00.0",
      driver: undefined,
      vendor: 0x10_02,
      pciDeviceId: 0x74_a1,
      compute: "CPX",
      availableCompute: ["QPX", "CPX"],
      memory: "NPS4",
      availableMemory: ["NPS1", "NPS2", "NPS4"],
      vramTotal: 206_141_652_992,
      allocation: undefined,
    },
    {
      gpu: "0000:22:00.0",
      driver: "amdgpu",
      vendor: undefined,
      pciDeviceId: undefined,
      compute: undefined,
      availableCompute: [],
      memory: undefined,
      availableMemory: [],
      vramTotal: undefined,
      allocation: undefined,
    },
  ]);
});

test("a file that holds something else than a mode gives no mode", () => {
  const cards = [
    "card0/device/uevent:PCI_SLOT_NAME=0000:0c:00.0",
    "card0/device/current_compute_partition:UNKNOWN",
    "card0/device/available_compute_partition:Not supported",
    "card0/device/current_memory_partition:",
    "card0/device/mem_info_vram_total:many",
  ].join("\n");
  expect(parseCards(cards)).toEqual([
    expect.objectContaining({
      compute: undefined,
      availableCompute: [],
      memory: undefined,
      vramTotal: undefined,
      allocation: undefined,
    }),
  ]);
});

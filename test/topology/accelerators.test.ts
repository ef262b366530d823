import { describe, expect, test } from "vitest";

import {
  type Accelerator,
  acceleratorByDeviceId,
  acceleratorByGuestDeviceId,
  acceleratorByName,
  ACCELERATOR_NAMES,
  ACCELERATORS,
  includesPair,
} from "../../provider/topology/accelerators.ts";
import {
  COMPUTE_MODES,
  type ComputeMode,
  domainsPerGpu,
  formatModes,
  MEMORY_MODES,
  type MemoryMode,
} from "../../provider/topology/modes.ts";

/** Memory modes the board's firmware offers. */
const MEMORY_MODES_OF: Readonly<Record<string, readonly MemoryMode[]>> = {
  MI300A: ["NPS1"],
  MI350X: ["NPS1", "NPS2"],
  MI355X: ["NPS1", "NPS2"],
  MI350P: ["NPS1"],
};

/** The kernel's rule (`aqua_vanjaram.c`): which memory modes a compute mode works with, and which numbers of dies it needs. */
function kernelAllows({ name, xcds }: Accelerator, compute: ComputeMode, memory: MemoryMode): boolean {
  const gfx950 = name.startsWith("MI35");
  const memoryModes: Readonly<Record<ComputeMode, readonly MemoryMode[]>> = {
    SPX: ["NPS1"],
    DPX: ["NPS1", "NPS2"],
    TPX: ["NPS1"],
    QPX: ["NPS1", "NPS4", ...(gfx950 ? (["NPS2"] as const) : [])],
    CPX: ["NPS1", "NPS4", ...(gfx950 ? (["NPS2"] as const) : [])],
  };
  const dies: Readonly<Record<ComputeMode, boolean>> = {
    SPX: true,
    DPX: xcds % 4 === 0,
    TPX: xcds % 3 === 0,
    QPX: xcds >= 8,
    CPX: xcds % domainsPerGpu(memory) === 0,
  };
  const offered = MEMORY_MODES_OF[name] ?? ["NPS1", "NPS2", "NPS4"];
  return dies[compute] && memoryModes[compute].includes(memory) && offered.includes(memory);
}

describe.each(ACCELERATORS.map((one) => [one.name, one] as const))("%s", (_, accelerator) => {
  test("permits exactly the pairs of the kernel's rule", () => {
    const byRule = MEMORY_MODES.flatMap((memory) =>
      COMPUTE_MODES.filter((compute) => kernelAllows(accelerator, compute, memory)).map((compute) =>
        formatModes({ compute, memory }),
      ),
    );
    expect(accelerator.permitted.map(formatModes).toSorted()).toEqual(byRule.toSorted());
  });

  test("has a number of devices for each mode it permits, and each device has whole dies", () => {
    const modes = new Set(accelerator.permitted.map((pair) => pair.compute));
    expect(new Set(Object.keys(accelerator.devicesByMode))).toEqual(modes);
    for (const devices of Object.values(accelerator.devicesByMode))
      expect(accelerator.xcds % devices).toBe(0);
    expect(accelerator.devicesByMode.SPX).toBe(1);
    expect(accelerator.devicesByMode.CPX).toBe(accelerator.xcds);
  });

  test("validates only what it permits, its delivered mode among it", () => {
    for (const pair of accelerator.validated) expect(includesPair(accelerator.permitted, pair)).toBe(true);
    expect(includesPair(accelerator.validated, { compute: "SPX", memory: "NPS1" })).toBe(true);
  });

  test("divides its compute units among its dies", () => {
    expect(accelerator.computeUnits % accelerator.xcds).toBe(0);
  });

  test("is found by its name and by each of its ids", () => {
    expect(acceleratorByName(accelerator.name)).toBe(accelerator);
    for (const id of accelerator.pciDeviceIds) expect(acceleratorByDeviceId(id)).toBe(accelerator);
    for (const id of accelerator.guestDeviceIds) expect(acceleratorByGuestDeviceId(id)).toBe(accelerator);
  });
});

test("no PCI id means two things", () => {
  const ids = ACCELERATORS.flatMap((one) => [...one.pciDeviceIds, ...one.guestDeviceIds]);
  expect(new Set(ids).size).toBe(ids.length);
});

test("a virtual function is not taken for the GPU it is a part of", () => {
  expect(acceleratorByDeviceId(0x74_b5)).toBeUndefined();
  expect(acceleratorByGuestDeviceId(0x74_b5)?.name).toBe("MI300X");
  expect(acceleratorByGuestDeviceId(0x74_a1)).toBeUndefined();
});

test("an id that is not in the table is no error, a name is", () => {
  expect(acceleratorByDeviceId(0x74_0f)).toBeUndefined();
  expect(ACCELERATORS.map((one) => one.name).toSorted()).toEqual([...ACCELERATOR_NAMES].toSorted());
  expect(() => acceleratorByName("MI9000" as never)).toThrow("no accelerator is called MI9000");
});

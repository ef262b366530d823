import { expect, test } from "vitest";

import { ACCELERATORS } from "../../provider/topology/accelerators.ts";
import { instructionSetOf } from "../../provider/topology/instruction-set.ts";

const devices = ACCELERATORS.flatMap(({ name, computeUnits, instructionSet, devicesByMode }) =>
  Object.entries(devicesByMode).map(([mode, count]) => ({
    name,
    mode,
    computeUnits: computeUnits / count,
    instructionSet,
  })),
);

test.each(devices)(
  "a device of $name in $mode is of $instructionSet by its $computeUnits compute units",
  (device) => {
    expect(instructionSetOf(device.computeUnits)).toBe(device.instructionSet);
  },
);

test.each([0, 1, 96, 110])("%d compute units are of no known accelerator", (computeUnits) => {
  expect(instructionSetOf(computeUnits)).toBeUndefined();
});

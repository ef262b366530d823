import { expect, test } from "vitest";

import { ArgumentError } from "../../provider/argument-errors.ts";
import { visibleDevices } from "../../provider/render/environment.ts";

test("exactly one variable, with the driver's indices in its order", () => {
  expect(visibleDevices([{ index: 10 }, { index: 9 }, { index: 3 }])).toEqual({
    ROCR_VISIBLE_DEVICES: "3,9,10",
  });
});

test("without devices there is no value, because an empty one would hide all of them", () => {
  expect(() => visibleDevices([])).toThrow(ArgumentError);
});

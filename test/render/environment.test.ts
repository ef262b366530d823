import { expect, test } from "vitest";

import { ArgumentError } from "../../provider/argument-errors.ts";
import { visibleDevices } from "../../provider/render/environment.ts";

test("exactly one variable, with the driver's indices in its order", () => {
  expect(visibleDevices([{ index: 10 }, { index: 9 }, { index: 3 }])).toEqual({
    ROCR_VISIBLE_DEVICES: "3,9,10",
  });
});

test("an environment without devices is an error, because an empty value would hide all devices", () => {
  expect(() => visibleDevices([])).toThrow(ArgumentError);
});

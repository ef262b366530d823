import { expect, test } from "vitest";

import { computeSwitchOf } from "../../../provider/detection/assemble/compute-switch.ts";

test("the source of the driver decides over its release", () => {
  expect(computeSwitchOf("6.14.14", "6.8.0-84-generic", "per-gpu")).toBe("idle-gpu");
  expect(computeSwitchOf("6.16.13", "6.8.0-84-generic", "per-host")).toBe("idle-host");
});

test.each([
  // A package's own release counts, whatever the kernel.
  ["6.8.5", "6.8.0-84-generic", "idle-host"],
  ["6.12.12", "6.8.0-84-generic", "idle-host"],
  ["6.12.12", "6.17.0-5-generic", "idle-host"],
  ["6.14.14", "6.8.0-84-generic", "unsaid"],
  ["6.16.6", "5.15.0-160-generic", "idle-gpu"],
  ["6.19.14.31400000", "6.8.0-84-generic", "idle-gpu"],
  ["7.0.1", undefined, "idle-gpu"],
  ["next", "6.8.0-84-generic", "unsaid"],
  // The kernel's own driver.
  [undefined, "6.8.0-84-generic", "idle-host"],
  [undefined, "6.16.12", "idle-host"],
  [undefined, "6.17.0-rc1", "idle-gpu"],
  [undefined, "7.0.3-arch1-1", "idle-gpu"],
  // Kernels with a graphics driver of a newer one.
  [undefined, "5.14.0-611.el9.x86_64", "unsaid"],
  [undefined, "6.4.0-150700.53.16-default", "unsaid"],
  [undefined, "6.18.0-1.el10.x86_64", "idle-gpu"],
  [undefined, undefined, "unsaid"],
] as const)("amdgpu %s on Linux %s needs %s", (driver, kernel, expected) => {
  expect(computeSwitchOf(driver, kernel)).toBe(expected);
});

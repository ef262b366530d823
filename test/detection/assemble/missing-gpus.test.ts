import { describe, expect, test } from "vitest";

import { missingGpus, missingMessages } from "../../../provider/detection/assemble/missing-gpus.ts";
import { startFailureOf } from "../../../provider/detection/assemble/start-failure.ts";

const [FIRST, SECOND] = ["0000:05:00.0", "0000:26:00.0"];
const accelerator = (gpu: string, driver?: string) => ({ gpu, pciDeviceId: 0x74_a1, driver });

const LOG = `[    8.1] [drm] amdgpu kernel modesetting enabled.
[    8.2] amdgpu: probe of ${FIRST} failed with error -12
[  350.0] [drm] amdgpu kernel modesetting enabled.
[  356.9] amdgpu ${FIRST}: amdgpu: get invalid ip discovery binary signature
[  361.7] amdgpu ${FIRST}: amdgpu: Fatal error during GPU init
[  361.8] [drm:amdgpu_device_ip_early_init [amdgpu]] *ERROR* early_init of IP block <psp> failed -22
[  361.9] amdgpu ${SECOND}: probe with driver amdgpu failed with error -22
`;

describe("why a GPU did not start", () => {
  test("is the first line about it since the last load of the driver, without its time", () => {
    expect(startFailureOf(FIRST, LOG)).toBe(
      `amdgpu ${FIRST}: amdgpu: get invalid ip discovery binary signature`,
    );
    expect(startFailureOf(SECOND, LOG)).toBe(
      `amdgpu ${SECOND}: probe with driver amdgpu failed with error -22`,
    );
  });

  test("is a line that names no GPU, where none names it", () => {
    expect(startFailureOf("0000:46:00.0", LOG)).toMatch(/^\[drm:amdgpu_device_ip_early_init/);
    expect(startFailureOf(FIRST, "")).toBeUndefined();
  });
});

const causeOf = (driver: string | undefined, kind: "module" | "unsaid", log = "") =>
  missingGpus([accelerator(FIRST, driver)], new Set(), { kind }, log)[0]?.cause;

describe("an accelerator that the driver does not show", () => {
  test("has another driver, was not started, is not shown, or has no driver at all", () => {
    expect(causeOf("vfio-pci", "module")).toEqual({ kind: "other-driver", driver: "vfio-pci" });
    expect(causeOf(undefined, "module")).toEqual({ kind: "start-failed", line: undefined });
    expect(causeOf("amdgpu", "module")).toEqual({ kind: "not-shown" });
    expect(causeOf(undefined, "unsaid")).toEqual({ kind: "driver-absent" });
  });

  test("is not one that it shows", () => {
    expect(missingGpus([accelerator(FIRST)], new Set([FIRST]), { kind: "module" }, "")).toEqual([]);
  });

  test("is said once for each cause", () => {
    const all = [
      accelerator(FIRST),
      accelerator(SECOND),
      accelerator("0000:46:00.0", "gim"),
      accelerator("0000:65:00.0", "vfio-pci"),
    ];
    expect(missingMessages(missingGpus(all, new Set(), { kind: "module" }, LOG))).toMatchObject([
      { code: "gpus-not-started", data: { gpus: [FIRST, SECOND] } },
      { code: "gpus-with-other-driver", data: { gpus: ["0000:46:00.0"], driver: "gim" } },
      { code: "gpus-with-other-driver", data: { driver: "vfio-pci" } },
    ]);
  });
});

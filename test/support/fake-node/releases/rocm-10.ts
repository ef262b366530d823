import type { Release } from "../release.ts";
import { SET_SINCE_7_0, SINCE_7_0, STATIC_SINCE_7_2 } from "./rocm-7.ts";

const SINCE_10_0 = {
  ...SINCE_7_0,
  driver: "6.19.14.31400000",
  package: "2370000",
  computeSwitch: "idle-gpu",
  versionKeys: ["amdgpu_version", "nic_driver_version"],
  uuid: "own-with-partition",
  processKeys: ["sdma_usage", "cu_occupancy", "evicted_time"],
  withoutGroups: "device-nodes",
  missing: "reasoned",
  reset: { reload: "absent", partitions: "absent" },
} as const;

const SET_SINCE_10_0 = {
  ...SET_SINCE_7_0,
  computeValues: "offered-list",
  memoryBanner: "reload-by-modprobe",
  staged: "use `sudo modprobe -r amdgpu && sudo modprobe amdgpu` to reload driver",
  allocationMode: "present",
} as const;

/**
 * Made of what AMD's source, changelog and documents say (library 27.0.0 and 27.2.0); nothing was recorded. 10.0 answers like 7.14
 * but for what is missing; 10.2 has exit codes and error texts of its own, and goes on after a GPU that refuses.
 */
export const ROCM_10 = {
  "10.0": {
    ...SINCE_10_0,
    rocm: "10.0.0",
    library: "27.0.0",
    tool: "27.0.0+fake",
    list: "enumeration-oam",
    static: { ...STATIC_SINCE_7_2, allocationMode: "present" },
    errors: "exception-on-stdout",
    set: SET_SINCE_10_0,
  },
  "10.2": {
    ...SINCE_10_0,
    rocm: "10.2.0",
    library: "27.2.0",
    tool: "27.2.0+fake",
    driverBuild: "-2370000",
    list: "enumeration-accelerator",
    static: { ...STATIC_SINCE_7_2, allocationMode: "present", revisions: "present" },
    errors: "typed",
    driverMissing: "typed",
    set: { ...SET_SINCE_10_0, computeValues: "offered-by-first", refusal: "row" },
  },
} as const satisfies Record<string, Release>;

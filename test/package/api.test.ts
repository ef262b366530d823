import { execFileSync } from "node:child_process";

import { describe, expect, it } from "vitest";

describe("the public API", () => {
  it("is this list, and a change of it is a decision", async () => {
    expect(Object.keys(await import("pulumi-amd-gpu")).toSorted()).toEqual([
      "ACCELERATORS",
      "AmdGpuError",
      "AmdSmiOutputError",
      "ArgumentError",
      "AuthenticationError",
      "ChangeFailedError",
      "CommandEndedError",
      "CommandTimeoutError",
      "ConnectionLostError",
      "ConnectionSettingsError",
      "GivenUpError",
      "GpuPartitionConfig",
      "HostCommandError",
      "HostKeyError",
      "HostLockLostError",
      "HostLockedError",
      "HostRecordError",
      "HostUnreachableError",
      "HostUnusableError",
      "HubUnreachableError",
      "LoginShellError",
      "ModelAllocation",
      "ModelFleet",
      "OutputTooLargeError",
      "OwnerKeptError",
      "ProbeOutputError",
      "RefusedError",
      "ReservationChangedError",
      "SimulatedHostError",
      "StepFailedError",
      "UnknownPartitionError",
      "UnreadableCheckpointError",
      "VerificationError",
      "buildLayout",
      "calibrationOf",
      "compareWithLog",
      "compose",
      "createScheduler",
      "describeHost",
      "diagnoseHost",
      "docker",
      "estimateModel",
      "exportConfig",
      "formatBytes",
      "kubernetes",
      "listOwners",
      "listReservations",
      "openHost",
      "planCapacity",
      "readVllmLog",
      "releaseOwner",
      "releaseReservation",
      "resolveModel",
      "systemd",
    ]);
  });

  it("has a runtime whose names are a contract with the state of users", async () => {
    const { runtime } = await import("pulumi-amd-gpu/runtime");
    expect(Object.keys(runtime)).toEqual(["partition", "allocation"]);
    for (const handler of Object.values(runtime)) {
      expect(Object.keys(handler)).toEqual(["check", "diff", "create", "update", "read", "delete"]);
    }
  });

  it("loads neither ssh2 nor zod in a program that only declares resources", () => {
    const script = `
      await import("@pulumi/pulumi");
      const { createRequire } = await import("node:module");
      const before = new Set(Object.keys(createRequire(import.meta.url).cache));
      await import("pulumi-amd-gpu");
      const loaded = Object.keys(createRequire(import.meta.url).cache).filter((file) => !before.has(file));
      console.log(JSON.stringify({ loaded, resources: process.getActiveResourcesInfo() }));`;
    const printed = execFileSync(process.execPath, ["--input-type=module", "--trace-exit", "-e", script], {
      encoding: "utf8",
    });
    const { loaded } = JSON.parse(printed) as { loaded: string[] };
    expect(loaded.filter((file) => /node_modules\/(?:ssh2|zod)\//.test(file))).toEqual([]);
  });
});

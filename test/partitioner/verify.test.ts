import { describe, expect, test } from "vitest";

import type { HostObservation } from "../../provider/detection/observation.ts";
import { verify } from "../../provider/partitioner/change/verify.ts";
import { declareAll, desired, hostOf } from "./host.ts";

const HOST = hostOf(["CPX/NPS4", "CPX/NPS4"]);

const complaint = (observation: HostObservation, wanted = declareAll("CPX/NPS4", 2)): string => {
  try {
    verify(observation, desired(wanted));
    return "";
  } catch (error) {
    return (error as Error).message;
  }
};

describe("verification of a change", () => {
  test("succeeds when modes, devices and render nodes are in place", () => {
    expect(complaint(HOST)).toBe("");
  });

  test("fails while a GPU has another mode, or is absent", () => {
    expect(complaint(HOST, { 0: "QPX/NPS4", 1: "CPX/NPS4", 2: "CPX/NPS4" })).toBe(
      "the host does not match the plan: 0000:0c:00.0 is CPX/NPS4 instead of QPX/NPS4; 0000:38:00.0 is absent instead of CPX/NPS4",
    );
  });

  test("fails while a device is missing, and names the device", () => {
    const devices = HOST.devices.filter((device) => device.id !== "0000:22:00.7");
    expect(complaint({ ...HOST, devices })).toBe(
      "the host does not match the plan: 0000:22:00.0 has 7 of 8 devices (0000:22:00.7 missing)",
    );
  });

  test("fails while a device has no render node, because no container could use it", () => {
    const devices = HOST.devices.map((device) => ({
      ...device,
      renderNode: device.partition === 7 ? undefined : device.renderNode,
    }));
    expect(complaint({ ...HOST, devices })).toBe(
      "the host does not match the plan: 0000:0c:00.7 has no render node; 0000:22:00.7 has no render node",
    );
  });
});

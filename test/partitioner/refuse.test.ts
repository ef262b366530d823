import { describe, expect, test } from "vitest";

import type { HostObservation } from "../../provider/detection/observation.ts";
import { plan } from "../../provider/partitioner/plan/plan.ts";
import { type ChangePolicy, policyRefusals } from "../../provider/partitioner/refuse/refuse.ts";
import { declareAll, desired, eight, GPUS, hostOf } from "./host.ts";

const POLICY: ChangePolicy = {
  driverReload: "allow",
  ownKey: "project/dev/node1",
  ownPrefixes: ["project/dev/"],
  inUse: "refuse",
  inUseMs: 0,
  services: [],
};

const refusals = (
  observation: HostObservation,
  wanted: Readonly<Record<number, string>>,
  policy: Partial<ChangePolicy> = {},
): readonly string[] =>
  policyRefusals(
    observation,
    plan({ observation, desired: desired(wanted), reason: "desired layout changed" }),
    { ...POLICY, ...policy },
  ).map(({ text }) => text);

const reservation = (key: string, id: string) => ({
  key,
  model: "llama",
  devices: [{ id, bytes: 1 }],
  exclusive: false,
});

describe("a change is refused before it begins", () => {
  test("when it reloads the driver, which is forbidden", () => {
    const host = hostOf(eight("SPX/NPS1"));
    expect(refusals(host, declareAll("CPX/NPS4"), { driverReload: "refuse" })).toEqual([
      'the change reloads the driver of all GPUs, which driverReload: "refuse" forbids; keep the memory mode or allow it',
    ]);
    expect(refusals(host, declareAll("CPX/NPS1"), { driverReload: "refuse" })).toEqual([]);
  });

  test("when somebody else's model is on a device that would vanish, and only then", () => {
    const host = hostOf(eight("CPX/NPS1"), undefined, {
      record: {
        reservations: [
          reservation("project/dev/a", "0000:0c:00.1"),
          reservation("other/prod/b", "0000:0c:00.1"),
          reservation("other/prod/c", "0000:22:00.1"),
        ],
      },
    });
    expect(refusals(host, { 0: "SPX/NPS1" })).toEqual([
      "other/prod/b reserves 0000:0c:00.1 for llama, and this change removes that device; remove that allocation first",
    ]);
    // A reload takes all devices away, those of GPUs nobody declared too.
    expect(refusals(host, { 0: "CPX/NPS4" })).toHaveLength(2);
    expect(refusals(host, { 0: "CPX/NPS1" })).toEqual([]);
  });

  test("when a GPU that would change has another owner", () => {
    const host = hostOf(eight("SPX/NPS1"), undefined, {
      record: {
        owners: { "other/prod/node": [GPUS[0] ?? "", GPUS[1] ?? ""], "project/dev/node1": [GPUS[2] ?? ""] },
      },
    });
    expect(refusals(host, { 1: "CPX/NPS1", 2: "CPX/NPS1" })).toEqual([
      "0000:22:00.0 is declared by other/prod/node; a GPU has one owner: skip it here, or remove it there",
    ]);
  });

  test("never when there is nothing to change", () => {
    const host = hostOf(eight("CPX/NPS1"), undefined, {
      record: { owners: { other: [...GPUS] }, reservations: [reservation("other/prod/b", "0000:0c:00.1")] },
    });
    expect(refusals(host, declareAll("CPX/NPS1"), { driverReload: "refuse" })).toEqual([]);
  });
});

import { describe, expect, test } from "vitest";

import { HostRecordError } from "../../provider/host-errors.ts";
import { EMPTY_RECORD, formatHostRecord, parseHostRecord } from "../../provider/host-record/record.ts";

const PATH = "/var/lib/pulumi-amd-gpu/host.json on gpu1";

const FULL = {
  version: 1,
  revision: 7,
  reservations: [
    {
      key: "project/dev/llama",
      model: "meta-llama/Llama-3.1-8B-Instruct (fp16)",
      devices: [{ id: "0000:0c:00.3", bytes: 17_179_869_184 }],
      exclusive: false,
    },
  ],
  owners: { "project/dev/node1": ["0000:0c:00.0"] },
  before: { "0000:0c:00.0": { compute: "SPX", memory: "NPS1" } },
  journal: {
    key: "project/dev/node1",
    bootId: "c0d0974b",
    before: { "0000:0c:00.0": { compute: "SPX", memory: "NPS1" } },
    desired: { "0000:0c:00.0": { compute: "CPX", memory: "NPS4" } },
    step: 1,
    steps: ["set memory mode NPS4", "reload the driver"],
    servicesStopped: ["gpuagent"],
  },
} as const;

describe("a host record", () => {
  test("that does not exist yet is empty", () => {
    expect(parseHostRecord("", PATH)).toEqual(EMPTY_RECORD);
    expect(parseHostRecord("\n", PATH)).toEqual(EMPTY_RECORD);
  });

  test("is read as it was written", () => {
    expect(parseHostRecord(formatHostRecord(FULL as never), PATH)).toEqual(FULL);
  });

  test("keeps what a newer version added, at every level", () => {
    const newer = {
      ...FULL,
      tomorrow: { deep: [1] },
      reservations: [
        { ...FULL.reservations[0], tomorrow: 4, devices: [{ ...FULL.reservations[0].devices[0], cap: 1 }] },
      ],
      before: { "0000:0c:00.0": { compute: "SPX", memory: "NPS1", profile: 0 } },
      journal: { ...FULL.journal, phase: "reloading" },
    };
    const read = parseHostRecord(JSON.stringify(newer), PATH);
    expect(read).toEqual(newer);
    expect(parseHostRecord(formatHostRecord(read), PATH)).toEqual(newer);
  });

  test("has its revision on a line of its own, where the script finds it", () => {
    expect(formatHostRecord(FULL as never).split("\n")).toContain('  "revision": 7,');
    expect(
      formatHostRecord({ ...FULL, journal: undefined, tomorrow: { revision: 9 } } as never).match(
        /^ {2}"revision"/gm,
      ),
    ).toHaveLength(1);
  });
});

function failureOf(text: string): Error {
  try {
    parseHostRecord(text, PATH);
  } catch (error) {
    return error as Error;
  }
  throw new Error("it was read");
}

describe("a host record that this version cannot read", () => {
  test("is not JSON: the error has its length, not its contents", () => {
    const error = failureOf('{"version": 1, "revision"');
    expect(error).toBeInstanceOf(HostRecordError);
    expect(error.message).toBe(`${PATH} is not JSON (25 characters); restore or remove it`);
  });

  test("is of a newer version: upgrade, and nothing is lost", () => {
    expect(failureOf('{"version": 2, "bookings": []}').message).toBe(
      `${PATH} is version 2, written by a newer pulumi-amd-gpu; upgrade this one`,
    );
  });

  test.each([
    ["version", { ...FULL, version: 0 }],
    ["version", []],
    ["revision", { ...FULL, revision: -1 }],
    ["reservations.0.devices", { ...FULL, reservations: [{ ...FULL.reservations[0], devices: [] }] }],
    [
      "reservations.0.devices.0.bytes",
      { ...FULL, reservations: [{ ...FULL.reservations[0], devices: [{ id: "x", bytes: 0.5 }] }] },
    ],
    ["owners.a", { ...FULL, owners: { a: "0000:0c:00.0" } }],
    [
      "before.0000:0c:00.0.compute",
      { ...FULL, before: { "0000:0c:00.0": { compute: "XPX", memory: "NPS1" } } },
    ],
    ["journal.steps", { ...FULL, journal: { ...FULL.journal, steps: undefined } }],
  ])("is damaged at %s", (where, value) => {
    const { message } = failureOf(JSON.stringify(value));
    expect(message.startsWith(`${PATH} is damaged at ${Array.isArray(value) ? "" : where}`)).toBe(true);
    expect(message).toMatch(/; restore or remove it$/);
  });
});

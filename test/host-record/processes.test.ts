import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { describe, expect, test } from "vitest";

import { type HostRecord, parseHostRecord } from "../../provider/host-record/record.ts";
import type { SimulatedHostState } from "../../provider/schema/simulated-host.ts";
import { startFakeNode } from "../support/fake-node/start.ts";
import { bookSideBySide } from "./booking-process.ts";

const DEVICES = Array.from({ length: 24 }, (_, number) => `device-${number}`);
const NAMES = ["a", "b", "c"];
const EACH = 8;

/** What must not depend on who was faster. */
const summaryOf = (record: HostRecord) => ({
  keys: record.reservations.map((one) => one.key),
  devices: record.reservations.flatMap((one) => one.devices.map((claim) => claim.id)).toSorted(),
  revision: record.revision,
});

const ALL_BOOKED_ONCE = {
  keys: NAMES.flatMap((name) => Array.from({ length: EACH }, (_, number) => `${name}-${number}`)),
  devices: DEVICES.toSorted(),
  revision: NAMES.length * EACH,
};

describe("processes that book devices at the same time lose nothing and take nothing twice", () => {
  test("in the file of a simulated host", async () => {
    const folder = mkdtempSync(join(tmpdir(), "booking-"));
    const path = join(folder, "host.json");
    await bookSideBySide({ on: "simulated host", path }, NAMES, EACH, DEVICES);
    const state = JSON.parse(readFileSync(path, "utf8")) as SimulatedHostState;
    expect(summaryOf(state.record as HostRecord)).toEqual(ALL_BOOKED_ONCE);
    rmSync(folder, { recursive: true });
  });

  test("on a host, each over a connection of its own", async () => {
    const node = await startFakeNode({ rocm: "7.2" });
    await bookSideBySide({ on: "host", connection: node.connection }, NAMES, EACH, DEVICES);
    const record = parseHostRecord(node.readFile("/var/lib/pulumi-amd-gpu/host.json") ?? "", "host.json");
    expect(summaryOf(record)).toEqual(ALL_BOOKED_ONCE);
    expect(node.counts().connections).toBe(NAMES.length);
    await node.stop();
  });

  test("and the last one to ask for a device that is not there is refused", async () => {
    const folder = mkdtempSync(join(tmpdir(), "booking-"));
    const path = join(folder, "host.json");
    await expect(
      bookSideBySide({ on: "simulated host", path }, NAMES, EACH, DEVICES.slice(1)),
    ).rejects.toThrow("no device is free");
    rmSync(folder, { recursive: true });
  });
});

import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { describe, expect, test } from "vitest";

import { type HostRecord, parseHostRecord } from "../../provider/host-record/record.ts";
import type { SimulatedHostState } from "../../provider/schema/simulated-host.ts";
import { startFakeNode } from "../support/fake-node/start.ts";
import { bookSideBySide, killAfter } from "./booking-process.ts";

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

  test("on a host, when they move and release at random and are killed in the middle, over and over", async () => {
    const node = await startFakeNode({ rocm: "7.2" });
    const books = { on: "host", connection: node.connection } as const;
    const few = DEVICES.slice(0, 8);
    const lives = await Promise.all(
      NAMES.map(async (name, number) => {
        const told = new Map<string, string>();
        const unsure = new Set<string>();
        for (const [life, acknowledgements] of [3, 9, 14].entries()) {
          const ended = await killAfter(books, name, 1 + number * 10 + life, few, acknowledgements + number);
          for (const [key, device] of ended.told) {
            told.set(key, device);
            unsure.delete(key);
          }
          for (const key of ended.unsure) unsure.add(key);
        }
        return { told, unsure };
      }),
    );
    const record = parseHostRecord(node.readFile("/var/lib/pulumi-amd-gpu/host.json") ?? "", "host.json");
    const held = new Map(record.reservations.map((one) => [one.key, one.devices[0]?.id ?? ""]));
    expect(new Set(held.values()).size).toBe(held.size);
    // What was under way when a process was killed may or may not have been written; all else is as it was told.
    const sure = lives.flatMap(({ told, unsure }) => [...told].filter(([key]) => !unsure.has(key)));
    expect(sure.length).toBeGreaterThan(4);
    expect(sure.map(([key]) => [key, held.get(key) ?? "-"])).toEqual(sure);
    await node.stop();
  });

  test("and a reservation of a device that does not exist is refused", async () => {
    const folder = mkdtempSync(join(tmpdir(), "booking-"));
    const path = join(folder, "host.json");
    await expect(
      bookSideBySide({ on: "simulated host", path }, NAMES, EACH, DEVICES.slice(1)),
    ).rejects.toThrow("no device is free");
    rmSync(folder, { recursive: true });
  });
});

import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import * as fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { SimulatedHostError } from "../../provider/host-errors.ts";
import { withoutReservation, withReservation } from "../../provider/host-record/changes.ts";
import { type Partitioner } from "../../provider/partitioner/partitioner.ts";
import { simulatedPartitioner } from "../../provider/partitioner/simulated/simulated.ts";
import { runs } from "../support/property-runs.ts";
import { stateOf } from "./host.ts";

describe("the file of a simulated host", () => {
  let folder: string;
  let path: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "simulated-"));
    path = join(folder, "stack", "host.json");
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const open = (): Partitioner =>
    simulatedPartitioner({ path, hostId: "node1", accelerator: "MI300X", gpus: 2 });
  const read = (): Record<string, unknown> =>
    JSON.parse(readFileSync(path, "utf8")) as Record<string, unknown>;

  test("is created by the first change, not by an observation", async () => {
    const host = open();
    expect((await host.observe()).gpus).toHaveLength(2);
    expect(readdirSync(folder)).toEqual([]);
    await host.record.update((record) => record);
    expect(read()).toMatchObject({ version: 1, hostId: "node1", accelerator: "MI300X" });
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  test("is the host: edited by hand, the next observation shows the edit, and what the file says wins", async () => {
    const host = open();
    await host.record.update((record) => record);
    const state = {
      ...stateOf(["SPX/NPS1", "CPX/NPS1"], "MI300X"),
      hostId: "other",
      record: read()["record"],
    };
    writeFileSync(path, JSON.stringify({ ...state, note: "mine" }));
    const observation = await host.observe();
    expect(observation.hostId).toBe("other");
    expect(observation.devices).toHaveLength(9);
    await host.record.update((record) => record);
    expect(read()).toMatchObject({ note: "mine", record: { revision: 2 } });
  });

  test.each([
    ["not JSON", "{", /is not JSON; repair or remove it$/],
    ["another version", '{"version": 2}', /is invalid at version: /],
    [
      "a mode that does not exist",
      JSON.stringify({
        ...stateOf(["SPX/NPS1"]),
        gpus: [{ gpu: "0000:0c:00.0", compute: "XPX", memory: "NPS1" }],
      }),
      /is invalid at gpus\.0\.compute: /,
    ],
  ])("that is %s is an error at every use, and is left as it is", async (_, text, message) => {
    await open().record.update((record) => record);
    writeFileSync(path, text);
    await expect(open().observe()).rejects.toThrow(message);
    await expect(open().record.update((record) => record)).rejects.toThrow(SimulatedHostError);
    expect(readFileSync(path, "utf8")).toBe(text);
  });

  test("ends as after some order of all changes, however many hosts write it at once", async () => {
    const operation = fc.record({
      key: fc.constantFrom("a", "b", "c", "d", "e", "f"),
      does: fc.constantFrom("reserve", "release"),
      by: fc.integer({ min: 0, max: 2 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(operation, { minLength: 1, maxLength: 8 }), async (operations) => {
        rmSync(path, { force: true });
        const hosts = [open(), open(), open()];
        const done: (typeof operations)[number][] = [];
        await Promise.all(
          operations.map(async (one) =>
            hosts[one.by]?.record.update((record) => {
              done.push(one);
              return one.does === "reserve"
                ? withReservation(record, {
                    key: one.key,
                    model: "m",
                    devices: [{ id: "x", bytes: 1 }],
                    exclusive: false,
                  })
                : withoutReservation(record, one.key);
            }),
          ),
        );
        const left = new Set<string>();
        for (const { key, does } of done) left[does === "reserve" ? "add" : "delete"](key);
        const { record } = await open().observe();
        expect(record.revision).toBe(operations.length);
        expect(record.reservations.map((one) => one.key)).toEqual([...left].toSorted());
      }),
      { numRuns: runs(15) },
    );
  });
});

import * as fc from "fast-check";
import { describe, expect, test } from "vitest";

import {
  withJournal,
  withoutJournal,
  withoutOwner,
  withoutReservation,
  withOwner,
  withReservation,
} from "../../provider/host-record/changes.ts";
import { EMPTY_RECORD, type HostRecord, type Reservation } from "../../provider/host-record/record.ts";
import type { ModePair } from "../../provider/topology/modes.ts";

const SPX = { compute: "SPX", memory: "NPS1" } as const;
const CPX = { compute: "CPX", memory: "NPS4" } as const;

const reservation = (key: string, id = "0000:0c:00.0"): Reservation => ({
  key,
  model: "m",
  devices: [{ id, bytes: 1 }],
  exclusive: false,
});

const reservedInOrder = (keys: readonly string[]): HostRecord =>
  keys.reduce((record, key) => withReservation(record, reservation(key)), EMPTY_RECORD);

describe("a reservation", () => {
  test("replaces the earlier one of the same key: a retried create adopts its own", () => {
    const once = withReservation(EMPTY_RECORD, reservation("p/s/a"));
    const twice = withReservation(once, reservation("p/s/a", "0000:0c:00.1"));
    expect(twice.reservations).toEqual([reservation("p/s/a", "0000:0c:00.1")]);
  });

  test("has a position in the record that does not depend on when it was made", () => {
    const keys = fc.uniqueArray(fc.string({ minLength: 1 }), { maxLength: 6 });
    fc.assert(
      fc.property(
        keys.chain((list) =>
          fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length })),
        ),
        ([list, shuffled]) => {
          expect(reservedInOrder(shuffled)).toEqual(reservedInOrder(list));
        },
      ),
    );
  });

  test("can be released, also twice", () => {
    const record = withReservation(withReservation(EMPTY_RECORD, reservation("a")), reservation("b"));
    expect(withoutReservation(record, "a").reservations).toEqual([reservation("b")]);
    expect(withoutReservation(withoutReservation(record, "a"), "a").reservations).toEqual([reservation("b")]);
  });
});

const now = (modes: Record<string, ModePair>): ReadonlyMap<string, ModePair> =>
  new Map(Object.entries(modes));

describe("the record of earlier modes", () => {
  test("has the modes that the first owner found on all GPUs, not those that a later owner set", () => {
    const first = withOwner(EMPTY_RECORD, "a", ["g0"], now({ g0: SPX, g1: SPX }));
    const second = withOwner(first, "a", ["g0", "g1"], now({ g0: CPX, g1: CPX }));
    expect(second.before).toEqual({ g0: SPX, g1: SPX });
    expect(second.owners).toEqual({ a: ["g0", "g1"] });
  });

  test("keeps a GPU that left the declaration, and is removed with the last owner on the host", () => {
    const both = withOwner(
      withOwner(EMPTY_RECORD, "a", ["g0"], now({ g0: SPX, g1: SPX })),
      "b",
      ["g1"],
      now({ g1: CPX }),
    );
    expect(withoutOwner(both, "a")).toMatchObject({ owners: { b: ["g1"] }, before: { g0: SPX, g1: SPX } });
    expect(withoutOwner(withoutOwner(both, "a"), "b")).toEqual(EMPTY_RECORD);
  });
});

test("a journal comes and goes and leaves no trace", () => {
  const journal = { key: "a", bootId: "b", before: {}, desired: {}, step: 0, steps: ["x"] };
  expect(withJournal(EMPTY_RECORD, journal).journal).toEqual(journal);
  expect(withoutJournal(withJournal(EMPTY_RECORD, journal))).toEqual(EMPTY_RECORD);
});

test("no change loses a field it does not know", () => {
  const record = { ...EMPTY_RECORD, tomorrow: [1] } as HostRecord;
  const journal = { key: "a", bootId: "b", before: {}, desired: {}, step: 0, steps: [] };
  for (const changed of [
    withReservation(record, reservation("a")),
    withoutReservation(record, "a"),
    withOwner(record, "a", [], new Map()),
    withoutOwner(record, "a"),
    withJournal(record, journal),
    withoutJournal(record),
  ]) {
    expect(changed).toHaveProperty("tomorrow", [1]);
  }
});

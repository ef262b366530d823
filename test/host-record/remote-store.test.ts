import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";

import { HostRecordError } from "../../provider/host-errors.ts";
import { withoutReservation } from "../../provider/host-record/changes.ts";
import { EMPTY_RECORD, formatHostRecord } from "../../provider/host-record/record.ts";
import { failureOf } from "../remote/connection-to.ts";
import { book, FOLDER, PATH, type RecordHost, recordHost } from "./record-host.ts";

describe.each(["root", "ops"] as const)("the record on a host, written as %s", (user) => {
  let host: RecordHost;
  beforeAll(async () => {
    host = await recordHost(user);
  });
  afterEach(() => host.node.removeFile(FOLDER));
  afterAll(() => host.stop());

  test("is written with the next revision, completely, and readable by root only", async () => {
    const record = await host.store(0).update(book("END-'quoted' $HOME `id`"));
    expect(record.revision).toBe(1);
    expect(host.node.readFile(PATH)).toBe(formatHostRecord(record));
    expect(await host.run("stat", "-c", "%a %U %n", FOLDER, PATH)).toBe(
      `700 root ${FOLDER}\n600 root ${PATH}\n`,
    );
  });

  test("is made again from the newer record when another run was faster", async () => {
    const first = host.store(0);
    await host.store(1).update(book("b"));
    const record = await first.update(book("a"));
    expect(record).toMatchObject({ revision: 2, reservations: [{ key: "a" }, { key: "b" }] });
  });

  test("loses no change of many concurrent writers, on one connection and on two", async () => {
    const stores = [host.store(0), host.store(0), host.store(1)];
    const keys = Array.from({ length: 12 }, (_, number) => `key-${String(number).padStart(2, "0")}`);
    await Promise.all(
      stores.flatMap((one, number) =>
        keys.filter((_, turn) => turn % stores.length === number).map((key) => one.update(book(key))),
      ),
    );
    expect(host.written().reservations.map((one) => one.key)).toEqual(keys);
    expect(host.written().revision).toBe(12);
  });

  test("costs one exec per write, when nobody else writes", async () => {
    const one = host.store(0);
    host.node.resetCounts();
    await Promise.all(["a", "b", "c"].map((key) => one.update(book(key))));
    expect(host.node.counts().execs).toBe(3);
  });

  test("is not written when the change refuses, and says why", async () => {
    await host.store(0).update(book("a"));
    const refusal = await failureOf(
      host.store(0, host.written()).update(() => {
        throw new Error("no room");
      }),
    );
    expect(refusal.message).toBe("no room");
    expect(host.written().revision).toBe(1);
  });

  test("is refused by the present record, not by the one before", async () => {
    const first = host.store(0);
    await first.update(book("a"));
    await host.store(1, host.written()).update((record) => withoutReservation(record, "a"));
    const record = await first.update((found) => {
      if (found.reservations.length > 0) throw new Error("no room");
      return book("b")(found);
    });
    expect(record).toMatchObject({ revision: 3, reservations: [{ key: "b" }] });
  });

  test("is found by its revision after a person's tool reformatted it", async () => {
    host.node.writeFile(PATH, JSON.stringify({ ...EMPTY_RECORD, revision: 4, tomorrow: { revision: 9 } }));
    const record = await host.store(0).update(book("a"));
    expect(record).toMatchObject({ revision: 5, tomorrow: { revision: 9 }, reservations: [{ key: "a" }] });
  });

  test("is created again when it is gone", async () => {
    expect((await host.store(0, { ...EMPTY_RECORD, revision: 4 }).update(book("a"))).revision).toBe(1);
  });

  test.each(["{", '{"version": 9}', '{"version": 1, "revision": "x"}'])(
    "is left as it is when it is %s",
    async (text) => {
      host.node.writeFile(PATH, text);
      const failure = await failureOf(host.store(0, { ...EMPTY_RECORD, revision: 3 }).update(book("a")));
      expect(failure).toBeInstanceOf(HostRecordError);
      expect(host.node.readFile(PATH)).toBe(text);
    },
  );

  test("leaves no temporary file, whoever won", async () => {
    await Promise.all([host.store(0).update(book("a")), host.store(1).update(book("b"))]);
    expect(await host.run("ls", FOLDER)).toBe("host.json\nrecord.lock\n");
  });

  test("releases reservations", async () => {
    const one = host.store(0);
    await one.update(book("a"));
    await one.update((record) => withoutReservation(record, "a"));
    expect(host.written()).toEqual({ ...EMPTY_RECORD, revision: 2 });
  });
});

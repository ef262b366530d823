import { setTimeout as sleep } from "node:timers/promises";

import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";

import { withoutReservation, withReservation } from "../../provider/host-record/changes.ts";
import {
  EMPTY_RECORD,
  formatHostRecord,
  type HostRecord,
  HostRecordError,
  parseHostRecord,
} from "../../provider/host-record/record.ts";
import { remoteRecordStore } from "../../provider/host-record/remote-store.ts";
import {
  HostLockedError,
  HostLockLostError,
  type HostRecordStore,
} from "../../provider/host-record/store.ts";
import type { Executor } from "../../provider/remote/executor.ts";
import { createSshPool } from "../../provider/remote/pool.ts";
import { connectionSchema } from "../../provider/schema/connection.ts";
import { failureOf } from "../remote/connection-to.ts";
import { type FakeNode, startFakeNode } from "../support/fake-node/start.ts";

const FOLDER = "/var/lib/pulumi-amd-gpu";
const PATH = `${FOLDER}/host.json`;

const book = (key: string) => (record: HostRecord) =>
  withReservation(record, {
    key,
    model: "it's a $(model)\n\\",
    devices: [{ id: key, bytes: 1 }],
    exclusive: false,
  });

describe.each(["root", "ops"] as const)("the record on a host, written as %s", (user) => {
  let node: FakeNode;
  const pools = [createSshPool(), createSshPool()] as const;
  let executor: Executor;
  beforeAll(async () => {
    node = await startFakeNode({ rocm: "7.2", user });
    executor = connect(0);
  });
  afterEach(() => node.removeFile(FOLDER));
  afterAll(async () => {
    await Promise.all(pools.map((pool) => pool.closeAll()));
    await node.stop();
  });

  /** By a connection of its own for each number, as another engine would have it. */
  const connect = (number: 0 | 1): Executor =>
    pools[number].executor(connectionSchema.parse(node.connection));
  const store = (over: Executor, known: HostRecord = EMPTY_RECORD, lockWaitSeconds = 10): HostRecordStore =>
    remoteRecordStore(over, user === "root" ? "root" : "sudo", known, {
      lockWaitSeconds,
      lockTimeoutMs: 30_000,
    });
  const written = (): HostRecord => parseHostRecord(node.readFile(PATH) ?? "", PATH);

  test("is written with the next revision, whole, for root's eyes only", async () => {
    const record = await store(executor).update(book("a"));
    expect(record.revision).toBe(1);
    expect(written()).toEqual(record);
    const listing = await executor.run(
      { argv: [...(user === "ops" ? ["sudo", "-n"] : []), "stat", "-c", "%a %U %n", FOLDER, PATH] },
      { timeoutMs: 10_000 },
    );
    expect(listing.stdout).toBe(`700 root ${FOLDER}\n600 root ${PATH}\n`);
  });

  test("is made again from the newer one when somebody was faster", async () => {
    const first = store(executor);
    await store(connect(1)).update(book("b"));
    const record = await first.update(book("a"));
    expect(record).toMatchObject({ revision: 2, reservations: [{ key: "a" }, { key: "b" }] });
  });

  test("loses nothing of many writers at once, on one connection and on two", async () => {
    const stores = [store(executor), store(executor), store(connect(1))];
    const keys = Array.from({ length: 12 }, (_, number) => `key-${String(number).padStart(2, "0")}`);
    await Promise.all(
      stores.flatMap((one, number) =>
        keys.filter((_, turn) => turn % stores.length === number).map((key) => one.update(book(key))),
      ),
    );
    expect(written().reservations.map((one) => one.key)).toEqual(keys);
    expect(written().revision).toBe(12);
  });

  test("costs one exec per write, when nobody else writes", async () => {
    const one = store(executor);
    node.resetCounts();
    await Promise.all(["a", "b", "c"].map((key) => one.update(book(key))));
    expect(node.counts().execs).toBe(3);
  });

  test("is not written when the change refuses, and says why", async () => {
    await store(executor).update(book("a"));
    const refusal = await failureOf(
      store(executor, written()).update(() => {
        throw new Error("no room");
      }),
    );
    expect(refusal.message).toBe("no room");
    expect(written().revision).toBe(1);
  });

  test("is found by its revision in whatever form a person's tool left it", async () => {
    node.writeFile(PATH, JSON.stringify({ ...EMPTY_RECORD, revision: 4, tomorrow: { revision: 9 } }));
    const record = await store(executor).update(book("a"));
    expect(record).toMatchObject({ revision: 5, tomorrow: { revision: 9 }, reservations: [{ key: "a" }] });
  });

  test("is started anew when it is gone", async () => {
    const one = store(executor, { ...EMPTY_RECORD, revision: 4 });
    expect((await one.update(book("a"))).revision).toBe(1);
  });

  test.each(["{", '{"version": 9}', '{"version": 1, "revision": "x"}'])(
    "is left as it is when it is %s",
    async (text) => {
      node.writeFile(PATH, text);
      expect(
        await failureOf(store(executor, { ...EMPTY_RECORD, revision: 3 }).update(book("a"))),
      ).toBeInstanceOf(HostRecordError);
      expect(node.readFile(PATH)).toBe(text);
    },
  );

  test("leaves no temporary file, whoever won", async () => {
    await Promise.all([store(executor).update(book("a")), store(connect(1)).update(book("b"))]);
    const { stdout } = await executor.run(
      { argv: [...(user === "ops" ? ["sudo", "-n"] : []), "ls", FOLDER] },
      { timeoutMs: 10_000 },
    );
    expect(stdout.trim().split("\n")).toEqual(["host.json", "record.lock"]);
  });

  test("gives reservations back", async () => {
    const one = store(executor);
    await one.update(book("a"));
    await one.update((record) => withoutReservation(record, "a"));
    expect(written()).toEqual({ ...EMPTY_RECORD, revision: 2 });
  });

  describe("its lock", () => {
    test("lets one run work at a time", async () => {
      const events: string[] = [];
      const work = (name: string) => async (): Promise<void> => {
        events.push(`${name} begins`);
        await sleep(100);
        events.push(`${name} ends`);
      };
      await Promise.all([store(executor).locked(work("a")), store(connect(1)).locked(work("b"))]);
      expect(events.map((event) => event.split(" ")[1])).toEqual(["begins", "ends", "begins", "ends"]);
    });

    test("is waited for as long as said, and no longer", async () => {
      await store(executor).locked(async () => {
        const refusal = await failureOf(store(connect(1), EMPTY_RECORD, 1).locked(async () => undefined));
        expect(refusal).toBeInstanceOf(HostLockedError);
        expect(refusal.message).toMatch(/is being changed by another run, which did not finish within 1 s/);
      });
    });

    test("is free again after work that failed", async () => {
      const failure = new Error("x");
      expect(await failureOf(store(executor).locked(() => Promise.reject(failure)))).toBe(failure);
      expect(await store(connect(1)).locked(async () => "mine")).toBe("mine");
    });

    test("does not stand in the way of reservations, which are not changes of the host", async () => {
      await store(executor).locked(async () => {
        expect((await store(connect(1)).update(book("a"))).revision).toBe(1);
      });
    });

    test("dies with its connection: another run takes it, and the first writes nothing more", async () => {
      const first = store(executor);
      const refusal = await failureOf(
        first.locked(async () => {
          await pools[1].closeAll();
          node.signalConnections("SIGKILL");
          expect(await store(connect(1)).locked(async () => "taken over")).toBe("taken over");
          await first.update(book("a"));
        }),
      );
      expect(refusal).toBeInstanceOf(HostLockLostError);
      expect(node.readFile(PATH)).toBeUndefined();
      // The next one of the same run is as good as new.
      expect(await first.locked(() => first.update(book("a")))).toMatchObject({ revision: 1 });
    });
  });
});

test("formatting is what the script writes, byte for byte", async () => {
  const node = await startFakeNode({ rocm: "7.2" });
  const pool = createSshPool();
  const executor = pool.executor(connectionSchema.parse(node.connection));
  const one = remoteRecordStore(executor, "root", EMPTY_RECORD, { lockWaitSeconds: 1, lockTimeoutMs: 5000 });
  const record = await one.update(book("END-'quoted' $HOME `id`"));
  expect(node.readFile(PATH)).toBe(formatHostRecord(record));
  await pool.closeAll();
  await node.stop();
});

import { setTimeout as sleep } from "node:timers/promises";

import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";

import { HostLockedError, HostLockLostError } from "../../provider/host-errors.ts";
import { EMPTY_RECORD } from "../../provider/host-record/record.ts";
import { failureOf } from "../remote/connection-to.ts";
import { book, FOLDER, PATH, type RecordHost, recordHost } from "./record-host.ts";

describe.each(["root", "ops"] as const)("the lock on a host, held as %s", (user) => {
  let host: RecordHost;
  beforeAll(async () => {
    host = await recordHost(user);
  });
  afterEach(() => host.node.removeFile(FOLDER));
  afterAll(() => host.stop());

  test("lets one run work at a time", async () => {
    const events: string[] = [];
    const work = (name: string) => async (): Promise<void> => {
      events.push(`begin ${name}`);
      await sleep(100);
      events.push(`end ${name}`);
    };
    await Promise.all([host.store(0).locked(work("a")), host.store(1).locked(work("b"))]);
    expect(events.map((event) => event.split(" ")[0])).toEqual(["begin", "end", "begin", "end"]);
  });

  test("is waited for up to the declared limit", async () => {
    await host.store(0).locked(async () => {
      const refusal = await failureOf(host.store(1, EMPTY_RECORD, 1).locked(async () => undefined));
      expect(refusal).toBeInstanceOf(HostLockedError);
      expect(refusal.message).toMatch(/another run is changing .* and did not finish within 1 s/);
    });
  });

  test("is free again after work that failed", async () => {
    const failure = new Error("x");
    expect(await failureOf(host.store(0).locked(() => Promise.reject(failure)))).toBe(failure);
    expect(await host.store(1).locked(async () => "mine")).toBe("mine");
  });

  test("does not block reservations, which are not changes of the host", async () => {
    await host.store(0).locked(async () => {
      expect((await host.store(1).update(book("a"))).revision).toBe(1);
    });
  });

  test("dies with its connection: another run takes it, and the first writes nothing more", async () => {
    const first = host.store(0);
    const refusal = await failureOf(
      first.locked(async () => {
        await host.disconnect(1);
        host.node.signalConnections("SIGKILL");
        expect(await host.store(1).locked(async () => "taken over")).toBe("taken over");
        await first.update(book("a"));
      }),
    );
    expect(refusal).toBeInstanceOf(HostLockLostError);
    expect(host.node.readFile(PATH)).toBeUndefined();
    // The next one of the same run is as good as new.
    expect(await first.locked(() => first.update(book("a")))).toMatchObject({ revision: 1 });
  });
});

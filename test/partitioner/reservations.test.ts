import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { withoutReservation, withReservation } from "../../provider/host-record/changes.ts";
import type { Reservation } from "../../provider/host-record/record.ts";
import type { DirectHostArgs } from "../../provider/schema/direct.ts";
import type { DirectHost } from "../../provider/standalone/host.ts";
import { listReservations, openHost, releaseReservation } from "../../provider/standalone/lazy.ts";
import { partitionerOf } from "../../provider/standalone/usable.ts";
import { type HostKind, startHost, type TestHost } from "../support/hosts.ts";

const on = (key: string, id: string, model = "m"): Reservation => ({
  key,
  model,
  devices: [{ id, bytes: 5 }],
  exclusive: false,
  since: "2026-11-25T10:00:00.000Z",
});

describe.each<HostKind>(["simulation", "ssh"])("reservations of a host by %s", (kind) => {
  let host: TestHost;
  let first: DirectHost;
  let second: DirectHost;
  beforeEach(async () => {
    host = await startHost(kind, { gpus: 1 });
    [first, second] = await Promise.all([
      openHost(host.args as DirectHostArgs),
      openHost(host.args as DirectHostArgs),
    ]);
  });
  afterEach(async () => {
    await Promise.all([first.close(), second.close()]);
    await host.stop();
  });
  const add = async (reservation: Reservation): Promise<void> => {
    await partitionerOf(first).record.update((record) => withReservation(record, reservation));
  };

  test("are listed as in the present record, with devices that are gone, and one reservation is released", async () => {
    await add(on("gpus/dev/a", "0000:0c:00.0"));
    await add(on("gpus/lost/b", "0000:0c:00.7"));
    const list = await listReservations(second);
    expect(list.map((one) => [one.stack, one.name, one.devices[0]?.state])).toEqual([
      ["dev", "a", "there"],
      ["lost", "b", "gone"],
    ]);
    const orphan = list.find((one) => one.stack === "lost");
    if (!orphan) throw new Error("it is not listed");
    await releaseReservation(second, orphan);
    expect(host.record()?.reservations.map((one) => one.key)).toEqual(["gpus/dev/a"]);
    await expect(releaseReservation(second, orphan)).rejects.toThrow("there is no such reservation");
  });

  test("are not released when another reservation replaced them, and are released after they came back", async () => {
    await add(on("gpus/dev/a", "0000:0c:00.0"));
    const [listing] = await listReservations(second);
    if (!listing) throw new Error("nothing is listed");
    await add(on("gpus/dev/a", "0000:0c:00.0", "another"));
    await expect(releaseReservation(second, listing)).rejects.toThrow("another, but was listed as m");
    expect(host.record()?.reservations).toHaveLength(1);
    await partitionerOf(first).record.update((record) => withoutReservation(record, "gpus/dev/a"));
    await add(on("gpus/dev/a", "0000:0c:00.0"));
    // The second one last read the record when it was refused, two writes ago.
    await releaseReservation(second, listing);
    expect(host.record()?.reservations).toEqual([]);
  });
});

import { afterEach, beforeEach, describe, expect, test } from "vitest";

import type { HostObservation } from "../../provider/detection/observation.ts";
import { HostLockedError } from "../../provider/host-errors.ts";
import { withJournal, withOwner, withReservation } from "../../provider/host-record/changes.ts";
import type { Journal } from "../../provider/host-record/record.ts";
import { type HostRecordStore } from "../../provider/host-record/store.ts";
import { unitNameOf } from "../../provider/partitioner/boot-unit/boot-files.ts";
import { bootFiles } from "../../provider/partitioner/boot-unit/render.ts";
import { observedModes } from "../../provider/partitioner/plan/host-modes.ts";
import type { DirectHostArgs } from "../../provider/schema/direct.ts";
import type { DirectHost } from "../../provider/standalone/host.ts";
import { listOwners, openHost, releaseOwner } from "../../provider/standalone/lazy.ts";
import type { ListedOwner } from "../../provider/standalone/owners/listed.ts";
import { partitionerOf } from "../../provider/standalone/usable.ts";
import { type HostKind, startHost, type TestHost } from "../support/hosts.ts";
import { requestFor } from "./host-under-test.ts";

const ALIVE = "gpus/dev/node1";
const LOST = "gpus/lost/team/node1";

const recordOf = (one: DirectHost): HostRecordStore => partitionerOf(one).record;

describe.each<HostKind>(["simulation", "ssh"])("owners of a host by %s", (kind) => {
  let host: TestHost;
  let first: DirectHost;
  let second: DirectHost;
  let gpus: readonly string[];
  beforeEach(async () => {
    host = await startHost(kind, { gpus: 2, services: [{ name: "vllm", active: false }] });
    [first, second] = await Promise.all([open(1), open(1)]);
    gpus = [...observedModes(first.observation).keys()];
    await own(ALIVE, gpus.slice(0, 1));
    await own(LOST, gpus.slice(1));
  });
  afterEach(async () => {
    await Promise.all([first.close(), second.close()]);
    await host.stop();
  });
  const open = (lock: number): Promise<DirectHost> =>
    openHost({ ...host.args, timeouts: { lock } } as DirectHostArgs);
  const own = async (key: string, some: readonly string[]): Promise<void> => {
    await recordOf(first).update((now) => withOwner(now, key, some, observedModes(first.observation)));
  };
  const lost = async (): Promise<ListedOwner> => {
    const found = (await listOwners(second)).find((one) => one.stack === "lost");
    if (!found) throw new Error("it is not listed");
    return found;
  };
  const journal = (changes: Partial<Journal> = {}): Journal => ({
    key: LOST,
    bootId: "boot",
    before: { [gpus[1] ?? ""]: { compute: "SPX", memory: "NPS1" } },
    desired: { [gpus[1] ?? ""]: { compute: "CPX", memory: "NPS1" } },
    step: 0,
    steps: ["set CPX"],
    ...changes,
  });

  test("are listed with present modes, earlier modes and the reservations of their stack, and one owner is released", async () => {
    await host.drift(1, "CPX");
    expect(await listOwners(second)).toEqual([
      expect.objectContaining({ key: ALIVE, stack: "dev" }),
      {
        key: LOST,
        project: "gpus",
        stack: "lost",
        name: "team/node1",
        gpus: [{ id: gpus[1], modes: "CPX/NPS1", before: "SPX/NPS1" }],
        reservations: [],
        change: "none",
        atBoot: "none",
      },
    ]);
    const listed = await lost();
    await releaseOwner(second, listed);
    expect(host.record()).toMatchObject({ owners: { [ALIVE]: gpus.slice(0, 1) } });
    expect(Object.keys(host.record()?.before ?? {}).toSorted()).toEqual(gpus.toSorted());
    expect(host.modes()).toEqual(["SPX/NPS1", "CPX/NPS1"]);
    await expect(releaseOwner(second, listed)).rejects.toThrow(
      "there is no such owner; list the owners again",
    );
    const [last] = await listOwners(second);
    if (last) await releaseOwner(second, last);
    expect(host.record()).toMatchObject({ owners: {}, before: {} });
  });

  test("are kept if they now declare other GPUs, and while their stack has a model there", async () => {
    const listed = await lost();
    await own(LOST, gpus);
    await expect(releaseOwner(second, listed)).rejects.toThrow(
      `cannot release ${LOST} on ${second.partitioner?.target}: it now declares ${gpus.join(", ")}, but was listed with ${gpus[1]}; list the owners again`,
    );
    const model = {
      key: "gpus/lost/chat",
      model: "m",
      devices: [{ id: gpus[1] ?? "", bytes: 5 }],
      exclusive: false,
    };
    await recordOf(first).update((now) => withReservation(now, model));
    const again = await lost();
    expect(again.reservations).toEqual(["gpus/lost/chat"]);
    await expect(releaseOwner(second, again)).rejects.toThrow(
      "its stack has models here (gpus/lost/chat); remove these models first, or release their reservations if the stack is gone",
    );
    expect(Object.keys(host.record()?.owners ?? {})).toContain(LOST);
  });

  test("whose change died are kept until the modes and the services are in order, and then go with its journal", async () => {
    await host.drift(1, "DPX");
    await recordOf(first).update((now) => withJournal(now, journal({ servicesStopped: ["vllm"] })));
    const listed = await lost();
    expect(listed.change).toBe("unfinished");
    await expect(releaseOwner(second, listed)).rejects.toThrow(
      "its last change was interrupted; run its stack, or set the modes by hand first; its interrupted change stopped vllm; start the services that should run first",
    );
    await host.drift(1, "CPX");
    await expect(releaseOwner(second, listed)).rejects.toThrow(
      /its interrupted change stopped vllm; start the services that should run first$/,
    );
    await partitionerOf(second).startService("vllm");
    // Nothing ever runs on a simulated host.
    if (kind === "simulation") await recordOf(first).update((now) => withJournal(now, journal()));
    await releaseOwner(second, listed);
    expect(host.record()?.journal).toBeUndefined();
    expect(Object.keys(host.record()?.owners ?? {})).toEqual([ALIVE]);
  });

  test("are kept while a run changes the host, and after a wait for such a run", async () => {
    const listed = await lost();
    await recordOf(first).locked(async () => {
      await expect(releaseOwner(second, listed)).rejects.toThrow(HostLockedError);
    });
    const patient = await open(60);
    let watched = patient;
    const partitioner = partitionerOf(patient);
    const looked = new Promise<HostObservation>((resolve) => {
      const observe = async (): Promise<HostObservation> => {
        const found = await partitioner.observe();
        resolve(found);
        return found;
      };
      watched = { ...patient, partitioner: { ...partitioner, observe } };
    });
    let released: Promise<unknown> = Promise.resolve();
    await recordOf(first).locked(async () => {
      released = releaseOwner(watched, listed).catch((error: unknown) => error);
      await looked;
      await own(LOST, gpus.slice(1));
    });
    expect(String(await released)).toContain("the host record was changed in the meantime");
    expect(Object.keys(host.record()?.owners ?? {})).toContain(LOST);
    await patient.close();
  });
});

test("releasing an owner removes its boot unit", async () => {
  const host = await startHost("ssh", { gpus: 1 });
  const direct = await openHost(host.args as DirectHostArgs);
  try {
    const { observation } = direct;
    const modes = observedModes(observation);
    const request = requestFor({}, { policy: { ownKey: LOST } });
    const files = bootFiles(modes, request.policy);
    await partitionerOf(direct).record.update((now) => withOwner(now, LOST, [...modes.keys()], modes));
    await partitionerOf(direct).installBootUnit(files);
    const [listed] = await listOwners(direct);
    expect(listed?.atBoot).toBe("installed");
    if (listed) await releaseOwner(direct, listed);
    expect(await listOwners(direct)).toEqual([]);
    expect((await partitionerOf(direct).observe())?.bootUnits ?? []).toEqual([]);
    expect(host.node?.readFile(`/etc/systemd/system/${unitNameOf(files.name)}`)).toBeUndefined();
  } finally {
    await direct.close();
    await host.stop();
  }
});

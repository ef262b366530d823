import { describe, expect, test } from "vitest";

import type { HostRecord } from "../../provider/host-record/record.ts";
import { QWEN } from "../support/stack-program.ts";
import { leftovers, stackProblems } from "./checks.ts";
import type { Stack } from "./engine.ts";
import type { Declared, Program } from "./resource.ts";
import { type Session, session, sessionIn } from "./session.ts";

/*
 * Version 0.1.0 left the parents out of keys: `project/stack/name`. A stack that it made goes on, and one that it still runs on the
 * same host keeps what it has.
 */

const PARENT = "my:index:Cluster";

const node = (compute: string, gpu: number): Declared => ({
  kind: "partition",
  name: "node",
  parents: PARENT,
  args: {
    connection: { host: "h1" },
    profiles: [{ computePartition: compute, memoryPartition: "NPS1", gpus: [gpu] }],
  },
});
const PROGRAM: Program = [
  node("CPX", 0),
  { kind: "allocation", name: "one", parents: PARENT, args: { ...QWEN }, on: ["node"] },
];
const OLD_NODE = "p/dev/node";
const OLD_MODEL = "p/dev/one";

const withOldKey = (text: string): string => text.replaceAll(`p/dev/${PARENT}::`, "p/dev/");

/** A state and a record as 0.1.0 would have left them. */
function asOf010(at: Session): void {
  at.edit((now) => {
    const text = withOldKey(JSON.stringify(now)).replaceAll(',"keyFormat":2', "");
    return JSON.parse(text.replaceAll(/"revision":\d+,?/g, "").replaceAll(",}", "}")) as Stack;
  });
  at.world.host("h1").writeRecord((record) => JSON.parse(withOldKey(JSON.stringify(record))) as HostRecord);
}

async function upgraded(): Promise<Session> {
  const at = session({ h1: 2 });
  await at.up(PROGRAM);
  asOf010(at);
  expect(Object.keys(at.world.host("h1").record().owners)).toEqual([OLD_NODE]);
  return at;
}

describe("a stack that version 0.1.0 made, with a component", () => {
  test("previews without changes and refreshes without changes", async () => {
    const at = await upgraded();
    expect(await at.preview(PROGRAM)).toEqual([]);
    expect(await at.refresh()).toEqual([]);
    expect(await at.up(PROGRAM)).toEqual([]);
    expect(await at.preview(PROGRAM)).toEqual([]);
  });

  test("stands under its full keys after the next write, and nothing is left under the old ones", async () => {
    const at = await upgraded();
    const program = [node("DPX", 0), ...PROGRAM.slice(1)];
    await at.up(program);
    expect(stackProblems(at.world.hosts, at.stack())).toEqual([]);
    const { owners, reservations } = at.world.host("h1").record();
    expect(Object.keys(owners)).toEqual([`p/dev/${PARENT}::node`]);
    expect(reservations.map(({ key }) => key)).toEqual([`p/dev/${PARENT}::one`]);
    await at.destroy();
    expect(leftovers(at.world.hosts)).toEqual([]);
  });

  test("repairs a drift, each time", async () => {
    const at = await upgraded();
    for (const _ of [1, 2]) {
      at.world.host("h1").drift(0, "QPX");
      expect(await at.up(PROGRAM)).toHaveLength(1);
      expect(stackProblems(at.world.hosts, at.stack())).toEqual([]);
      expect(await at.preview(PROGRAM)).toEqual([]);
    }
  });

  test("is destroyed, the host restored", async () => {
    const at = await upgraded();
    await at.destroy();
    expect(leftovers(at.world.hosts)).toEqual([]);
  });
});

describe("a stack of this version beside one of version 0.1.0", () => {
  const ours = "my:index:Other";
  const program: Program = [
    { ...node("QPX", 1), parents: ours },
    { kind: "allocation", name: "one", parents: ours, args: { ...QWEN }, on: ["node"] },
  ];

  test("leaves its entries under their old keys, and it finds them", async () => {
    const theirs = await upgraded();
    const before = theirs.world.host("h1").record();
    const at = sessionIn(theirs.world, "q", "dev");
    await at.up(program);
    expect(stackProblems(at.world.hosts, at.stack())).toEqual([]);
    const { owners, reservations } = at.world.host("h1").record();
    expect(owners[OLD_NODE]).toEqual(before.owners[OLD_NODE]);
    expect(reservations.find(({ key }) => key === OLD_MODEL)).toEqual(before.reservations[0]);
    await at.destroy();
    expect(at.world.host("h1").record()).toMatchObject({
      owners: before.owners,
      before: before.before,
      reservations: before.reservations,
    });
    expect(await theirs.preview(PROGRAM)).toEqual([]);
  });

  test("is not asked for what 0.1.0 has: its GPUs are refused by their owner's name", async () => {
    const theirs = await upgraded();
    const at = sessionIn(theirs.world, "q", "dev");
    await expect(at.up([node("DPX", 0)])).rejects.toThrow(/0000:0c:00\.0 is declared by p\/dev\/node/);
  });
});

import { describe, expect, test } from "vitest";

import { QWEN } from "../support/stack-program.ts";
import { leftovers, stackProblems } from "./checks.ts";
import { model, MODEL_URN, node, PROGRAM, sound, start, URN } from "./one-node.ts";
import type { Program } from "./resource.ts";
import { type Session, sessionIn } from "./session.ts";

describe("the same drift", () => {
  test("is repaired each time it comes", async () => {
    const at = start();
    await at.up(PROGRAM);
    for (const _ of [1, 2, 3]) {
      at.world.host("h1").drift(1, "DPX");
      expect(await at.preview(PROGRAM)).toEqual([`update ${URN}`]);
      expect(await at.up(PROGRAM)).toEqual([`update ${URN}`]);
      sound(at);
      expect(await at.preview(PROGRAM)).toEqual([]);
      expect(await at.refresh()).toEqual([]);
    }
  });

  test("is repaired after a refresh that recorded it", async () => {
    const at = start();
    await at.up(PROGRAM);
    for (const _ of [1, 2]) {
      at.world.host("h1").reboot();
      expect(await at.refresh()).toEqual([URN]);
      expect(await at.up(PROGRAM)).toEqual([`update ${URN}`]);
      sound(at);
      expect(await at.refresh()).toEqual([]);
    }
  });
});

describe("a replacement that the engine is told to make", () => {
  test.each([
    ["by --replace", { replace: [URN] }, {}],
    ["of the model, by --replace", { replace: [MODEL_URN] }, {}],
    ["of both, by --replace", { replace: [URN, MODEL_URN] }, {}],
    ["by --replace with the delete first", { replace: [URN, MODEL_URN] }, { deleteBeforeReplace: true }],
  ])("%s leaves the host as declared and the model reserved", async (_, request, options) => {
    const at = start();
    const program = [node("CPX", { options }), model("qwen", { options })];
    await at.up(program);
    const changes = at.world.host("h1").applied();
    await at.up(program, request);
    sound(at);
    expect(at.world.host("h1").applied()).toBe(changes);
    await at.destroy();
    expect(leftovers(at.world.hosts)).toEqual([]);
  });

  test("because both are tainted leaves the host as declared and the model reserved", async () => {
    const at = start();
    await at.up(PROGRAM);
    at.taint(URN);
    at.taint(MODEL_URN);
    await at.up(PROGRAM);
    sound(at);
    await at.destroy();
    expect(leftovers(at.world.hosts)).toEqual([]);
  });
});

test("two resources of one name under parents of two types are two", async () => {
  const at = start();
  const program = [
    node("CPX", { parents: "my:index:A" }),
    { ...node("DPX", { parents: "my:index:B" }), args: { ...node("DPX").args, connection: { host: "h2" } } },
  ];
  await at.up(program);
  sound(at);
  await at.destroy();
  expect(leftovers(at.world.hosts)).toEqual([]);
});

test("a partition and a model may have the same name", async () => {
  const at = start();
  await at.up([node(), model("node")]);
  expect(stackProblems(at.world.hosts, at.stack())).toEqual([]);
});

test("a reservation that somebody released is written again, each time", async () => {
  const at = start();
  await at.up(PROGRAM);
  for (const _ of [1, 2]) {
    at.world.host("h1").writeRecord((record) => ({ ...record, reservations: [] }));
    expect(await at.preview(PROGRAM)).toEqual([`update ${MODEL_URN}`]);
    await at.up(PROGRAM);
    sound(at);
    expect(await at.preview(PROGRAM)).toEqual([]);
    expect(await at.refresh()).toEqual([]);
  }
});

test("an owner that the record lost is written again, each time", async () => {
  const at = start();
  await at.up(PROGRAM);
  for (const _ of [1, 2]) {
    at.world.host("h1").writeRecord((record) => ({ ...record, owners: {}, before: {} }));
    expect(await at.preview(PROGRAM)).toEqual([`update ${URN}`]);
    await at.up(PROGRAM);
    sound(at);
    expect(await at.preview(PROGRAM)).toEqual([]);
    expect(await at.refresh()).toEqual([]);
  }
});

const declaring = (gpu: number): Program => [
  node("CPX", {
    args: {
      connection: { host: "h1" },
      profiles: [{ computePartition: "CPX", memoryPartition: "NPS1", gpus: [gpu] }],
    },
  }),
];

/** Two stacks on one host, a GPU each. */
function twoStacks(): readonly [Session, Session] {
  const a = start();
  return [a, sessionIn(a.world, "q", "prod")];
}

test("a change that died keeps nobody from a host whose GPUs it does not touch, nor itself from going on", async () => {
  const [a, b] = twoStacks();
  await b.up(declaring(1));
  await a.up(declaring(0), {}, { killAt: 2, when: "before" }).catch(() => undefined);
  a.world.host("h1").reboot();
  await b.up(declaring(1));
  await a.up(declaring(0));
  expect([a, b].flatMap((at) => stackProblems(at.world.hosts, at.stack()))).toEqual([]);
});

test("a restore that died claims no GPU that was never declared", async () => {
  const [a, b] = twoStacks();
  await a.up(declaring(0));
  await a.destroy({}, { killAt: 2, when: "before" }).catch(() => undefined);
  expect(Object.values(a.world.host("h1").record().owners)).toEqual([["0000:0c:00.0"]]);
  await b.up(declaring(1));
  await a.destroy();
  await b.destroy();
  expect(leftovers(a.world.hosts)).toEqual([]);
});

const renamed = (compute: string): Program => [node(compute, { name: "new", options: { aliases: [URN] } })];

test("a renamed resource that is replaced with another layout is found by its alias", async () => {
  const at = start();
  await at.up([node("CPX")]);
  await at.up(renamed("CPX"));
  await at.up(renamed("DPX"), { replace: at.stack().resources.map(({ urn }) => urn) });
  sound(at);
  expect(await at.preview(renamed("DPX"))).toEqual([]);
  await at.destroy();
  expect(leftovers(at.world.hosts)).toEqual([]);
});

test("a resource that is kept on delete leaves the host as it is", async () => {
  const at = start();
  await at.up([node("CPX", { options: { retainOnDelete: true } })]);
  await at.destroy();
  expect(at.world.host("h1").modes()).toEqual(["CPX/NPS1", "CPX/NPS1"]);
  await at.up([node("CPX")]);
  sound(at);
  await at.destroy();
  expect(leftovers(at.world.hosts)).toEqual([]);
});

test("a host that does not answer changes nothing in state, and is repaired when it answers", async () => {
  const at = start();
  await at.up(PROGRAM);
  at.world.host("h1").drift(0, "DPX");
  at.world.setReachable("h1", false);
  expect(await at.up(PROGRAM)).toEqual([]);
  at.world.setReachable("h1", true);
  expect(await at.up(PROGRAM)).toEqual([`update ${URN}`]);
  sound(at);
});

test("a new host that does not answer fails the update, and state keeps the way to the former host", async () => {
  const at = start();
  const moved: Program = [
    node("CPX", { args: { connection: { host: "h2" }, computePartition: "CPX", memoryPartition: "NPS1" } }),
  ];
  await at.up([node()]);
  const before = at.stack();
  at.world.setReachable("h2", false);
  await expect(at.up(moved)).rejects.toThrow(/cannot reach/);
  expect(at.stack().resources.map(({ outputs }) => outputs)).toEqual(
    before.resources.map(({ outputs }) => outputs),
  );
  at.world.setReachable("h2", true);
  await at.up(moved);
  expect(at.world.host("h1").modes()).toEqual(["SPX/NPS1", "SPX/NPS1"]);
  await at.destroy();
  expect(leftovers(at.world.hosts)).toEqual([]);
});

test("a host that another stack left half-way is refused for that reason, also where drift made it as declared", async () => {
  const [a, b] = twoStacks();
  await a.up(declaring(0), {}, { killAt: 2, when: "after" }).catch(() => undefined);
  const host = a.world.host("h1");
  host.drift(0, "QPX");
  host.drift(1, "CPX");
  await expect(b.up(declaring(1))).rejects.toThrow(/a change by p\/dev\/node was interrupted/);
  await a.up(declaring(0));
  await b.up(declaring(1));
  expect([a, b].flatMap((at) => stackProblems(at.world.hosts, at.stack()))).toEqual([]);
});

test("a repair while a GPU is missing leaves that GPU declared", async () => {
  const at = start();
  const host = at.world.host("h1");
  await at.up([node()]);
  host.setStarted(1, false);
  host.drift(0, "DPX");
  await at.up([node()]);
  expect(host.modes()[0]).toBe("CPX/NPS1");
  expect(host.record().owners["p/dev/node"]).toEqual(["0000:0c:00.0", "0000:22:00.0"]);
  host.setStarted(1, true);
  await at.up([node()]);
  sound(at);
});

const renamedToProd = (urn: string): string => urn.replace(":dev::", ":prod::");

test("a forced replacement in a renamed stack reports that the owner may be the stack under its former name", async () => {
  const at = start();
  await at.up([node()]);
  at.edit((stack) => ({
    ...stack,
    name: "prod",
    resources: stack.resources.map((resource) => ({ ...resource, urn: renamedToProd(resource.urn) })),
  }));
  at.world.host("h1").drift(0, "DPX");
  await expect(at.up([node()], { replace: [renamedToProd(URN)] })).rejects.toThrow(
    /this stack was renamed from dev/,
  );
  await at.up([node()]);
  sound(at);
});

test("a renamed model that is replaced keeps its reservation, under its new key", async () => {
  const at = start();
  const args = { ...QWEN, exclusive: true };
  await at.up([node(), model("old", { args })]);
  const alias = MODEL_URN.replace("::qwen", "::old");
  const renamed: Program = [node(), model("qwen", { args, options: { aliases: [alias] } })];
  await at.up(renamed);
  const { partitionIds } = at.stack().resources.at(-1)?.outputs ?? {};
  await at.up(renamed, { replace: [MODEL_URN] });
  sound(at);
  expect(at.stack().resources.at(-1)?.outputs).toMatchObject({ partitionIds });
  expect(
    at.world
      .host("h1")
      .record()
      .reservations.map(({ key }) => key),
  ).toEqual(["p/dev/qwen"]);
  await at.destroy();
  expect(leftovers(at.world.hosts)).toEqual([]);
});

test("a replacement whose delete came first and whose create is refused is still destroyed to what was before", async () => {
  const [a, b] = twoStacks();
  const program = declaring(0).map((declared) => ({ ...declared, options: { deleteBeforeReplace: true } }));
  await a.up(program);
  await b.up(declaring(1), {}, { killAt: 2, when: "after" }).catch(() => undefined);
  a.world.host("h1").drift(1, "QPX");
  await expect(a.up(program, { replace: [URN] })).rejects.toThrow(
    /a change by q\/prod\/node was interrupted/,
  );
  await b.up(declaring(1));
  await b.destroy();
  await a.destroy();
  expect(leftovers(a.world.hosts)).toEqual([]);
});

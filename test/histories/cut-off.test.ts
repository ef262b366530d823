import { expect, test } from "vitest";

import { leftovers, stackProblems } from "./checks.ts";
import { node, PROGRAM, start, URN } from "./one-node.ts";
import type { Program } from "./resource.ts";
import type { Kill, Session } from "./session.ts";

/** Each call to a host at which the process can die, before and after its effect. */
const KILLS: readonly Kill[] = Array.from({ length: 12 }, (_, killAt) => killAt).flatMap((killAt) => [
  { killAt, when: "before" },
  { killAt, when: "after" },
]);

/** What is wrong after an update, which leaves everything as declared, a preview of nothing, and a destroy of all. */
async function wrongAfterUp(at: Session, program: Program): Promise<readonly string[]> {
  await at.up(program);
  const wrong = stackProblems(at.world.hosts, at.stack());
  const shown = await at.preview(program);
  await at.destroy();
  return [...wrong, ...shown, ...leftovers(at.world.hosts)];
}

test.each(KILLS)("a replacement cut off at call $killAt, $when it, can be reverted", async (kill) => {
  const at = start();
  await at.up(PROGRAM);
  await at.up([node("DPX"), PROGRAM[1]!], {}, kill).catch(() => undefined);
  expect(await wrongAfterUp(at, PROGRAM)).toEqual([]);
});

test.each(
  KILLS.flatMap((kill) => [
    { ...kill, layout: "CPX" },
    { ...kill, layout: "QPX" },
  ]),
)(
  "a tainted resource that is renamed, becomes $layout and is cut off at call $killAt, $when it, goes on once untainted",
  async ({ layout, ...kill }) => {
    const at = start();
    await at.up([node("CPX")]);
    const renamed = [node(layout, { name: "new", options: { aliases: [URN] } })];
    at.taint(URN);
    await at.up(renamed, {}, kill).catch(() => undefined);
    at.edit((stack) => ({
      ...stack,
      resources: stack.resources.map(({ tainted: _none, ...rest }) => rest),
    }));
    expect(await wrongAfterUp(at, renamed)).toEqual([]);
  },
);

test.each(KILLS)(
  "a removal cut off at call $killAt, $when it, goes on while another GPU cannot start",
  async (kill) => {
    const at = start();
    const host = at.world.host("h1");
    await at.up([
      node("CPX", {
        args: {
          connection: { host: "h1" },
          profiles: [{ computePartition: "CPX", memoryPartition: "NPS1", gpus: [1] }],
        },
      }),
    ]);
    host.setStarted(0, false);
    await at.up([], {}, kill).catch(() => undefined);
    await at.up([]);
    host.setStarted(0, true);
    expect(at.stack().resources).toEqual([]);
    expect(leftovers(at.world.hosts)).toEqual([]);
  },
);

test.each(KILLS)(
  "a destroy ends after a repair that was cut off at call $killAt, $when it, when the GPU cannot start any more",
  async (kill) => {
    const at = start();
    const host = at.world.host("h1");
    await at.up([node("CPX")]);
    host.drift(1, "DPX");
    await at.up([node("CPX")], {}, kill).catch(() => undefined);
    host.setStarted(1, false);
    await at.destroy();
    expect(at.stack().resources).toEqual([]);
    host.setStarted(1, true);
    expect(leftovers(at.world.hosts)).toEqual([]);
  },
);

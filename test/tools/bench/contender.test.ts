import { expect, test } from "vitest";

import { compare } from "../../../tools/bench/contender.ts";

test("contenders take turns, and the turn that warms up does not count", async () => {
  const order: string[] = [];
  const contender = (name: string, walls: readonly number[]) => {
    let turn = 0;
    return {
      name,
      run: async () => {
        order.push(name);
        return { wall: walls[turn++] ?? Number.NaN, cpu: 1 };
      },
    };
  };
  const results = await compare([contender("a", [90, 3, 1, 2]), contender("b", [90, 4, 4, 8])], 3);
  expect(order).toEqual(["a", "b", "a", "b", "a", "b", "a", "b"]);
  expect(results).toEqual([
    { name: "a", wall: 2, cpu: 1, fastest: 1, slowest: 3 },
    { name: "b", wall: 4, cpu: 1, fastest: 4, slowest: 8 },
  ]);
});

test("an observer sees every run, the warm-up included", async () => {
  const seen: string[] = [];
  await compare([{ name: "a", run: free }], 1, async ({ name }, run) => {
    seen.push(name);
    return run();
  });
  expect(seen).toEqual(["a", "a"]);
});

const free = async () => ({ wall: 1, cpu: 2 });

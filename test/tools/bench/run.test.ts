import { tmpdir } from "node:os";

import { expect, test } from "vitest";

import { run, runTimed } from "../../../tools/bench/run.ts";

const options = { env: process.env, cwd: tmpdir(), signal: new AbortController().signal };

test("a timed run says how long it took and how much processor time it and its children had", async () => {
  const spin = "i=0; while [ $i -lt 100000 ]; do i=$((i + 1)); done";
  const { wall, cpu } = await runTimed(["sh", "-c", `${spin}; sh -c '${spin}'`], options);
  expect(cpu).toBeGreaterThan(0);
  // One processor at a time cannot work for longer than the time that went by.
  expect(cpu).toBeLessThanOrEqual(wall + 0.1);
});

test("a program that fails is no measurement", async () => {
  const failing = "echo it is broken >&2; exit 3";
  await expect(run(["sh", "-c", failing], options)).rejects.toThrow(/ended with 3:\nit is broken/);
  await expect(runTimed(["sh", "-c", failing], options)).rejects.toThrow(/ended with 3:\nit is broken/);
});

import { expect, it } from "vitest";

import { runCommand } from "../../tools/engine/command.ts";

const options = { env: process.env, timeoutMs: 30_000 };

it("takes a failing exit code as a result, with both outputs separate and together", async () => {
  const result = await runCommand(["sh", "-c", "echo out; echo err >&2; exit 3"], options);
  expect(result).toMatchObject({ code: 3, stdout: "out\n", stderr: "err\n", ending: "exited" });
  expect(result.output).toHaveLength(8);
});

it("hands over its input", async () => {
  expect(await runCommand(["cat"], { ...options, input: "häuser" })).toMatchObject({ stdout: "häuser" });
});

it("rejects when there is no such program", async () => {
  await expect(runCommand(["/nowhere/at/all"], options)).rejects.toThrow("ENOENT");
});

it("kills the children of a program that takes too long", async () => {
  // The result comes when nobody holds the output open any more: a child that lived on would delay it by a minute.
  const started = Date.now();
  const result = await runCommand(["sh", "-c", "sleep 60 & wait"], { ...options, timeoutMs: 300 });
  expect(result).toMatchObject({ code: undefined, ending: "timed out" });
  expect(Date.now() - started).toBeLessThan(30_000);
});

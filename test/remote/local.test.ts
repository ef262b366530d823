import { randomUUID } from "node:crypto";
import { existsSync, readFileSync, rmSync } from "node:fs";

import { expect, onTestFinished, test } from "vitest";

import { CommandTimeoutError } from "../../provider/errors.ts";
import { localExecutor } from "../../provider/remote/local.ts";
import { runs } from "../support/property-runs.ts";
import { failureOf } from "./connection-to.ts";
import { describeExecutor } from "./executor-contract.ts";

describeExecutor("local", localExecutor, { numRuns: runs(150) });

test("a command here is given none of our environment but what a login has", async () => {
  process.env["PULUMI_CONFIG_PASSPHRASE"] = "correct horse";
  onTestFinished(() => void delete process.env["PULUMI_CONFIG_PASSPHRASE"]);
  const result = await localExecutor().run({ argv: ["env"] }, { timeoutMs: 10_000 });
  expect(result.stdout).toContain(`PATH=${process.env["PATH"]}`);
  expect(result.stdout).not.toContain("PASSPHRASE");
});

test("a command that is given up ends with all it has started", async () => {
  const note = `/tmp/sleeper-${randomUUID()}`;
  const script = `sleep 300 & echo $! >${note}; wait`;
  const error = await failureOf(localExecutor().run({ script }, { timeoutMs: 500 }));
  expect(error).toBeInstanceOf(CommandTimeoutError);
  const sleeper = readFileSync(note, "utf8").trim();
  rmSync(note);
  await expect.poll(() => isRunning(sleeper)).toBe(false);
});

/** A process that has ended and was not waited for yet has no command line any more. */
function isRunning(pid: string): boolean {
  return existsSync(`/proc/${pid}`) && readFileSync(`/proc/${pid}/cmdline`, "utf8") !== "";
}

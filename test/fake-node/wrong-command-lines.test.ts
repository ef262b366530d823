import { describe, expect, it } from "vitest";

import type { Outcome } from "../support/fake-node/amd-smi/outcome.ts";
import { runAmdSmi } from "../support/fake-node/amd-smi/run.ts";
import { createState } from "../support/fake-node/create-state.ts";
import type { NodeState } from "../support/fake-node/state.ts";

const run = (state: NodeState, command: string, caller: "root" | "user" = "root"): Outcome =>
  runAmdSmi(state, command.split(" "), caller);

describe("a command line that is wrong", () => {
  it.each([
    [
      "6.2.2",
      "bogus --json",
      0,
      "stdout",
      `{"error": "Command 'bogus' is invalid. Run '--help' for more info.", "code": -1}\n`,
    ],
    [
      "6.4.2",
      "set -g 9 -C SPX --json",
      0,
      "stdout",
      `{"error": "Can not find a device: GPU '9'", "code": -3}\n`,
    ],
    [
      "7.0",
      "set --json",
      0,
      "stdout",
      `{"error": "Command 'set --json' requires a target argument. Run 'amd-smi set --json -h' for more info.", "code": -9}\n`,
    ],
    [
      "7.2",
      "set -g 9 -C SPX --json",
      1,
      "stderr",
      `amdsmi_cli_exceptions.AmdSmiDeviceNotFoundException: {"error": "Can not find a device: GPU '9'", "code": -3}\n`,
    ],
    [
      "7.14",
      "set --json",
      9,
      "stdout",
      `amdsmi_cli_exceptions.AmdSmiRequiredCommandException: {"error": "Command 'set --json' requires a target argument. Run 'amd-smi set --json -h' for more info.", "code": -9}\n`,
    ],
    [
      "10.0",
      "set -g 9 -C SPX --json",
      3,
      "stdout",
      `amdsmi_cli_exceptions.AmdSmiDeviceNotFoundException: {"error": "Can not find a device: GPU '9'", "code": -3}\n`,
    ],
    [
      "10.2",
      "set -g 9 -C SPX --json",
      196,
      "stdout",
      `{"error": "Can not find a device: GPU '9'", "code": 196, "error_type": "DEVICE_NOT_FOUND"}\n`,
    ],
    [
      "10.2",
      "bogus --json",
      203,
      "stdout",
      `{"error": "AMD-SMI Command 'bogus' is invalid. Must receive valid AMD-SMI Command first. Run 'amd-smi -h' for more info.", "code": 203, "error_type": "INVALID_SUBCOMMAND"}\n`,
    ],
  ] as const)("ROCm %s: %s exits with %i and says why on %s", (rocm, command, code, stream, text) => {
    const answer = run(createState({ rocm }), command);
    expect(answer.code).toBe(code);
    expect(answer[stream]).toBe(text);
  });

  it("needs -g before 6.3", () => {
    const answer = run(createState({ rocm: "6.2.2" }), "set -C CPX --json");
    expect(answer.code).toBe(2);
    expect(answer.stderr.endsWith("\namd-smi set: error: one of the arguments -g/--gpu is required\n")).toBe(
      true,
    );
  });

  it("gets no invented table when it forgets --json", () => {
    expect(run(createState(), "list")).toMatchObject({ stdout: "", code: 70 });
  });
});

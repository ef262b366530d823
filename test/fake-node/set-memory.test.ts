import { describe, expect, it } from "vitest";

import type { Outcome } from "../support/fake-node/amd-smi/outcome.ts";
import { NO_ANSWER } from "../support/fake-node/amd-smi/question.ts";
import { runAmdSmi } from "../support/fake-node/amd-smi/run.ts";
import { createState } from "../support/fake-node/create-state.ts";
import type { NodeState } from "../support/fake-node/state.ts";
import { documents, rows } from "./documents.ts";

const run = (state: NodeState, command: string, caller: "root" | "user" = "root"): Outcome =>
  runAmdSmi(state, command.split(" "), caller);
const answered = (
  state: NodeState,
  command: string,
  answer: string,
  caller: "root" | "user" = "root",
): Outcome => runAmdSmi(state, command.split(" "), caller, answer);
const QUESTION = "Do you accept these terms? [Y/N] ";

const COMMAND = "set -g 0 -M NPS4 --json";

describe("set -M", () => {
  it("asks before anything happens, from 6.3 on, also with --json", () => {
    for (const rocm of ["6.4.2", "7.0", "7.2", "7.14"] as const) {
      const asked = run(createState({ rocm }), COMMAND);
      expect(asked.asks).toBe(true);
      expect(asked.stdout.endsWith(`\n${QUESTION}`)).toBe(true);
      expect(asked.state).toBeUndefined();
    }
    expect(run(createState({ rocm: "6.2.2" }), COMMAND).asks).toBeUndefined();
  });

  it.each(["Y", "y", "Yes", "yes", "YES"])("goes on after %j", (answer) => {
    expect(answered(createState(), COMMAND, answer).state?.staged).toBe("NPS4");
  });

  it.each(["N", "", "yEs", " Y"])("gives up after %j", (answer) => {
    const outcome = answered(createState(), COMMAND, answer);
    expect(
      outcome.stdout.endsWith(`${QUESTION}Confirmation not given. Exiting without setting value\n`),
    ).toBe(true);
    expect(outcome).toMatchObject({ code: 1, stderr: "" });
    expect(outcome.state).toBeUndefined();
  });

  it("fails at end of file", () => {
    expect(answered(createState(), COMMAND, NO_ANSWER)).toMatchObject({
      code: 1,
      stderr: "EOFError: EOF when reading a line\n",
    });
  });

  it.each([
    ["7.0", "reload driver when ready"],
    ["7.14", "use `sudo modprobe -r amdgpu && sudo modprobe amdgpu` to reload driver"],
  ] as const)("only stages in ROCm %s", (rocm, advice) => {
    const { stdout, state } = answered(createState({ rocm, gpus: 2 }), COMMAND, "Y");
    expect(documents(stdout)).toEqual([
      [{ gpu: 0, memory_partition: `Successfully set memory partition to NPS4, ${advice}` }],
    ]);
    expect(state).toMatchObject({ memory: "NPS1", staged: "NPS4" });
  });

  it.each([
    ["6.2.2", 1, ""],
    [
      "6.4.2",
      0,
      "[AMDSMI_STATUS_AMDGPU_RESTART_ERR] Could not successfully restart driver after applying NPS4",
    ],
  ] as const)(
    "reloads the driver itself in ROCm %s, and exits with %i while a GPU is in use",
    (rocm, code, sentence) => {
      const idle = createState({ rocm, gpus: 2 });
      const done = answered(idle, COMMAND, "Y").state;
      expect(done).toMatchObject({ memory: "NPS4", staged: null });
      expect(done?.gpus.map((gpu) => gpu.compute)).toEqual(["CPX", "CPX"]);
      const used = answered({ ...idle, busy: true }, COMMAND, "Y");
      expect(used.state).toMatchObject({ memory: "NPS1", staged: "NPS4" });
      expect(used.code).toBe(code);
      expect(
        rows(used.stdout)
          .map((row) => row["memory_partition"])
          .join(),
      ).toBe(sentence);
    },
  );

  it.each(["6.2.2", "6.4.2", "7.0"] as const)(
    "does nothing for the present mode, not even take back (ROCm %s)",
    (rocm) => {
      const state = createState({ rocm, compute: "CPX", staged: "NPS4" });
      const outcome = answered(state, "set -g 0 -M NPS1 --json", "Y");
      expect(outcome.stdout).toContain("Successfully set memory partition to NPS1");
      expect(outcome.state).toEqual(state);
    },
  );

  it("draws a progress bar in 6.4, with carriage returns", () => {
    const { stdout } = answered(createState({ rocm: "6.4.2" }), COMMAND, "Y");
    expect(stdout).toContain(
      `${QUESTION}\nUpdating memory partition for GPU: 0 \n\r[${".".repeat(40)}] 0/140 secs remain\r\n[\n`,
    );
  });

  it("refuses with exit 0 what the GPU cannot do", () => {
    const refused = answered(createState({ accelerator: "MI300A" }), COMMAND, "Y");
    expect(rows(refused.stdout)).toEqual([
      { gpu: 0, memory_partition: "[AMDSMI_STATUS_NOT_SUPPORTED] Unable to set memory partition to NPS4" },
    ]);
    expect(refused.code).toBe(0);
    const impossible = answered(createState(), "set -g 0 -M NPS8 --json", "Y");
    expect(impossible.stdout).toContain("\nValid Memory partition Modes: NPS1,NPS2,NPS4\n\n[\n");
    expect(impossible.code).toBe(0);
  });

  it.each([
    ["7.0", 1, "stderr", "PermissionError: Command requires elevation\n"],
    [
      "7.14",
      11,
      "stdout",
      `AMD-SMI Command 'set' requires elevation (sudo privileges required)", "code": -11}`,
    ],
  ] as const)("wants root after the question (ROCm %s, exit %i, %s)", (rocm, code, stream, text) => {
    const refused = answered(createState({ rocm }), COMMAND, "Y", "user");
    expect(refused.code).toBe(code);
    expect(refused[stream]).toContain(text);
    expect(refused.stdout).toContain(
      '"memory_partition": "[AMDSMI_STATUS_NO_PERM] Command requires elevation"',
    );
  });
});

describe("set -M of ROCm 10.2", () => {
  const host = createState({ rocm: "10.2" });

  it("exits with the library's status when it is refused", () => {
    const other = createState({ rocm: "10.2", accelerator: "MI350P" });
    expect(answered(other, COMMAND, "Y").code).toBe(2);
    expect(answered(host, "set -g 0 -M NPS8 --json", "Y").code).toBe(1);
    expect(answered(host, COMMAND, "Y", "user").code).toBe(10);
    expect(answered(host, COMMAND, "Y").code).toBe(0);
  });

  it.each(["N", NO_ANSWER])("exits with 207 when it is declined, or asked nobody (%j)", (answer) => {
    expect(answered(host, COMMAND, answer)).toMatchObject({ code: 207, stderr: "" });
    expect(answered(createState({ rocm: "10.0" }), COMMAND, answer).code).toBe(1);
  });
});

describe("reset -r", () => {
  const staged = createState({ gpus: 2, staged: "NPS2" });

  it("reloads the driver in 7.0, one row for each device there was before", () => {
    const { stdout, state, code } = answered(staged, "reset -r --json", "Y");
    expect(documents(stdout)).toEqual(
      [0, 1].map((gpu) => [{ gpu, reload_driver: "Successfully reloaded driver" }]),
    );
    expect(code).toBe(0);
    expect(state).toMatchObject({ memory: "NPS2", staged: null });
  });

  it("exits with 0 when it could not", () => {
    const { stdout, state, code } = answered({ ...staged, busy: true }, "reset -r --json", "Y");
    expect(stdout).toContain("[AMDSMI_STATUS_AMDGPU_RESTART_ERR] Unable to successfully restart driver");
    expect(code).toBe(0);
    expect(state).toMatchObject({ memory: "NPS1", staged: "NPS2" });
  });

  it.each([
    ["6.4.2", 0],
    ["7.2", 1],
    ["7.14", 2],
    ["10.0", 2],
    ["10.2", 195],
  ] as const)("does not exist in ROCm %s (exit %i)", (rocm, code) => {
    const answer = run(createState({ rocm }), "reset -r --json");
    expect(answer.code).toBe(code);
    expect(answer.stdout + answer.stderr).toContain(`"Parameter '-r' is invalid.`);
  });
});

import { describe, expect, it } from "vitest";

import type { Outcome } from "../support/fake-node/amd-smi/outcome.ts";
import { runAmdSmi } from "../support/fake-node/amd-smi/run.ts";
import { createState } from "../support/fake-node/create-state.ts";
import type { NodeState } from "../support/fake-node/state.ts";
import type { RocmVersion } from "../support/fake-node/versions.ts";
import { documents, rows } from "./documents.ts";

const run = (state: NodeState, command: string, caller: "root" | "user" = "root"): Outcome =>
  runAmdSmi(state, command.split(" "), caller);

/** On partition 1 of a GPU. */
const on = (rocm: RocmVersion): Outcome =>
  run(createState({ rocm, compute: "CPX" }), "set -g 1 -C SPX --json");

describe("set -C", () => {
  it.each([
    ["6.2.2", "computepartition", "Successfully set compute partition to CPX"],
    ["6.4.2", "accelerator_partition", "Successfully set accelerator partition to CPX (profile #3)"],
    ["7.0", "accelerator_partition", "Successfully set accelerator partition to CPX (profile #3)"],
    ["7.14", "accelerator_partition", "Successfully set accelerator partition to CPX (profile #3)"],
  ] as const)("changes the mode at once (ROCm %s)", (rocm, key, sentence) => {
    const answer = run(createState({ rocm }), "set -g 0 -C cpx --json");
    expect(documents(answer.stdout)).toEqual([[{ gpu: 0, [key]: sentence }]]);
    expect(answer.code).toBe(0);
    expect(answer.state?.gpus[0]?.compute).toBe("CPX");
  });

  it("takes a GPU by index, PCI address or UUID, and its profile by number", () => {
    const state = createState({ gpus: 2 });
    const uuid = String(rows(run(state, "list --json").stdout)[1]?.["uuid"]);
    for (const name of ["1", "0000:22:00.0", "0000:22:00.0".toUpperCase(), uuid]) {
      expect(run(state, `set -g ${name} -C 3 --json`).state?.gpus.map((gpu) => gpu.compute)).toEqual([
        "SPX",
        "CPX",
      ]);
    }
  });

  it("prints one array for all GPUs up to 6.4, one for each since 7.0", () => {
    const command = "set -g 0 1 -C DPX --json";
    expect(documents(run(createState({ rocm: "6.4.2", gpus: 2 }), command).stdout)).toHaveLength(1);
    expect(documents(run(createState({ rocm: "7.0", gpus: 2 }), command).stdout)).toHaveLength(2);
  });

  it("refuses while a process uses the GPU", () => {
    const state = createState({ gpus: 2, processes: [{ name: "python3", gpu: 1 }] });
    expect(run(state, "set -g 1 -C CPX --json")).toMatchObject({
      code: 1,
      stdout: "",
      stderr: [
        "amdsmi.amdsmi_exception.AmdSmiLibraryException: Error code:",
        "\t30 | AMDSMI_STATUS_BUSY - Device busy",
        "",
        "The above exception was the direct cause of the following exception:",
        "",
        "ValueError: Unable to set accelerator partition to CPX on GPU ID: 1 BDF:0000:22:00.0",
        "",
      ].join("\n"),
    });
  });

  it.each([
    ["6.4.2", "own-gpu", 1],
    ["7.0", "own-gpu", 0],
    ["7.2", "own-gpu", 0],
    ["7.2", "every-gpu", 1],
  ] as const)(
    "in ROCm %s ends with another code while a process with access to %s uses another GPU: %i",
    (rocm, deviceCgroup, code) => {
      const processes = [{ name: "python3", gpu: 1, deviceCgroup }];
      expect(run(createState({ gpus: 2, rocm, processes }), "set -g 0 -C CPX --json").code).toBe(code);
      const exporter = createState({ gpus: 2, rocm, processes: [{ name: "e", gpu: 1, opens: ["render"] }] });
      expect(run(exporter, "set -g 0 -C CPX --json").code).toBe(0);
    },
  );

  it("calls a mode unavailable that the memory mode forbids", () => {
    const state = createState({ compute: "CPX", memory: "NPS4" });
    const answer = run(state, "set -g 0 -C SPX --json");
    expect(answer.code).toBe(1);
    expect(answer.stdout).toContain("\n[AMDSMI_STATUS_SETTING_UNAVAILABLE] Please check amd-smi partition");
    expect(answer.stderr).toContain("\t55 | AMDSMI_STATUS_SETTING_UNAVAILABLE - Setting is not available\n");
    expect(
      run(createState({ ...state, rocm: "6.2.2", gpus: 1, compute: "CPX" }), "set -g 0 -C SPX --json").stderr,
    ).toContain("\t55 | AMDSMI_STATUS_UNKNOWN_ERROR - An unknown error occurred\n");
  });

  it("answers for a secondary partition with a sentence and exit 0 since 6.4, with an exception before", () => {
    expect(on("6.2.2")).toMatchObject({ code: 1, stdout: "" });
    expect(on("6.4.2").stdout).toContain(
      "[AMDSMI_STATUS_NOT_SUPPORTED] Device does not support setting compute partition to SPX (profile #0)",
    );
    expect(on("7.0").stdout).toContain(
      "[AMDSMI_STATUS_NOT_SUPPORTED] Unable to set compute partition to SPX (profile #0)",
    );
    expect(on("7.0").code).toBe(0);
  });

  it.each([
    ["6.2.2", 1, "", "AMDSMI_STATUS_INVAL"],
    ["6.4.2", 0, `Valid inputs are SPX, TPX, CPX, 0, 1, 2\n{"error": "Value 'DPX' is not`, ""],
    ["7.0", 1, "Valid inputs are SPX, TPX, CPX, 0, 1, 2\n", '"code": -5}'],
    ["7.2", 1, "Valid inputs are ['SPX', 'TPX', 'CPX', '0', '1', '2']\n", '"code": -5}'],
    ["7.14", 5, "Valid inputs are ['SPX', 'TPX', 'CPX', '0', '1', '2']\namdsmi_cli_exceptions.", ""],
    ["10.2", 198, "Valid inputs are ['SPX', 'TPX', 'CPX', '0', '1', '2']\n{\"error\"", ""],
  ] as const)("refuses a mode the GPU does not have (ROCm %s, exit %i)", (rocm, code, stdout, stderr) => {
    const answer = run(createState({ rocm, accelerator: "MI300A" }), "set -g 0 -C DPX --json");
    expect(answer.code).toBe(code);
    expect(answer.stdout.startsWith(stdout)).toBe(true);
    expect(answer.stderr).toContain(stderr);
  });

  it.each([
    ["6.2.2", 1, "stderr", "10 | AMDSMI_STATUS_NO_PERM - Permission Denied"],
    ["6.4.2", 0, "stdout", `"code": -7}`],
    ["7.0", 1, "stderr", `requires elevation (sudo privileges required)", "code": -11}`],
    ["10.2", 10, "stdout", `"code": 10, "error_type": "AMDSMI_STATUS_NO_PERM"}`],
    ["7.14", 11, "stdout", `requires elevation (sudo privileges required)", "code": -11}`],
  ] as const)("wants root (ROCm %s, exit %i, %s)", (rocm, code, stream, text) => {
    const answer = run(createState({ rocm }), "set -g 0 -C CPX --json", "user");
    expect(answer.code).toBe(code);
    expect(answer[stream]).toContain(text);
  });

  it.each([
    ["10.0", 1, ["CPX", "SPX", "SPX"]],
    ["10.2", 30, ["CPX", "SPX", "CPX"]],
  ] as const)("of several GPUs of which ROCm %s finds one in use ends with %i", (rocm, code, modes) => {
    const state = createState({ rocm, gpus: 3, processes: [{ name: "python3", gpu: 1 }] });
    const answer = run(state, "set -g 0 1 2 -C CPX --json");
    expect(answer.code).toBe(code);
    expect(answer.state?.gpus.map((gpu) => gpu.compute)).toEqual(modes);
  });

  it("has a row for each GPU that refuses since 10.2, and one status for several reasons", () => {
    const busy = createState({
      rocm: "10.2",
      gpus: 2,
      memory: "NPS4",
      compute: ["SPX", "QPX"],
      processes: [{ name: "python3", gpu: 1 }],
    });
    expect(documents(run(busy, "set -g 1 -C CPX --json").stdout)).toEqual([
      [
        {
          gpu: 1,
          accelerator_partition:
            "[AMDSMI_STATUS_BUSY] Unable to set accelerator partition to CPX (profile #3)",
        },
      ],
    ]);
    const unavailable = run(busy, "set -g 0 -C SPX --json");
    expect(unavailable).toMatchObject({ code: 55, stderr: "" });
    expect(unavailable.stdout).toContain("to SPX (profile #0)\\nPlease check amd-smi partition");
    const faults = [{ on: "set-compute", gpu: 0, does: "AMDSMI_STATUS_INVAL" }] as const;
    expect(run({ ...busy, faults }, "set -g 0 1 -C CPX --json").code).toBe(204);
  });

  it("takes the names that the first GPU has, whatever GPU is named, since 10.2", () => {
    const kinds = { gpus: 2, accelerator: ["MI350P", "MI355X"] } as const;
    expect(run(createState({ rocm: "10.2", ...kinds }), "set -g 1 -C QPX --json").code).toBe(198);
    expect(run(createState({ rocm: "10.0", ...kinds }), "set -g 1 -C QPX --json").code).toBe(0);
  });

  it("is no option for a guest", () => {
    expect(run(createState({ platform: "guest" }), "set -g 0 -C CPX --json").stderr).toContain(
      `{"error": "Parameter '-C' is invalid. Run 'amd-smi set -h' for more info.", "code": -2}`,
    );
  });
});

import { describe, expect, it } from "vitest";

import { runAmdSmi } from "../support/fake-node/amd-smi/run.ts";
import { createState, type StateOptions } from "../support/fake-node/create-state.ts";
import type { NodeState } from "../support/fake-node/state.ts";
import type { RocmVersion } from "../support/fake-node/versions.ts";
import { column, documents, type Row, rows } from "./documents.ts";

const host = (rocm: RocmVersion, options: StateOptions = {}): NodeState => createState({ rocm, ...options });
const read = (state: NodeState, command: string, caller: "root" | "user" = "root"): string =>
  runAmdSmi(state, command.split(" "), caller).stdout;
const rowsOf = (state: NodeState, command: string, section?: string): readonly Row[] =>
  rows(read(state, command), section);

const cpx = (rocm: RocmVersion): NodeState => host(rocm, { compute: "CPX" });
const outside = (rocm: RocmVersion): NodeState => host(rocm, { operatorGroups: "none" });

const secondary = (rocm: RocmVersion): Row => rowsOf(cpx(rocm), "static --vram --partition --json")[1] ?? {};
const uuids = (rocm: RocmVersion): readonly string[] =>
  column(rowsOf(cpx(rocm), "list --json"), "uuid").map(String);

describe("a partition other than the first", () => {
  it("reports all of the GPU, up to 6.2", () => {
    expect(secondary("6.2.2")).toMatchObject({
      partition: { compute_partition: "CPX", memory_partition: "NPS1" },
      vram: { size: { value: 196_592, unit: "MB" } },
    });
  });

  it.each(["6.4.2", "7.0", "7.2", "7.14"] as const)(
    "reports its own memory and no mode, in ROCm %s",
    (rocm) => {
      expect(secondary(rocm)).toMatchObject({
        partition: { accelerator_partition: "N/A", memory_partition: "N/A", partition_id: 1 },
        vram: { size: { value: 24_574, unit: "MB" } },
      });
    },
  );

  it("reports a shared identity before 7.0, its own since, with its number since 7.13", () => {
    expect(new Set(uuids("6.4.2")).size).toBe(1);
    expect(new Set(uuids("7.0")).size).toBe(8);
    expect(uuids("7.0").every((uuid) => uuid.slice(2, 8) === "ff74a1")).toBe(true);
    expect(uuids("7.14").map((uuid) => uuid.slice(2, 4))).toEqual([
      "00",
      "01",
      "02",
      "03",
      "04",
      "05",
      "06",
      "07",
    ]);
  });

  it("has ids that follow those of the GPUs before it, unlike its render node", () => {
    const state = host("7.0", { gpus: 3, compute: ["CPX", "SPX", "DPX"] });
    const names = ["gpu", "bdf", "node_id", "render", "card"];
    const listed = rowsOf(state, "list -e --json").map((row) => names.map((name) => row[name]).join(" "));
    expect(listed.slice(7)).toEqual([
      "7 0000:0c:00.7 9 renderD135 card8",
      "8 0000:22:00.0 10 renderD136 card9",
      "9 0000:38:00.0 11 renderD144 card17",
      "10 0000:38:00.1 12 renderD145 card18",
    ]);
  });
});

describe("a host that is not quite like the others", () => {
  it("shows 63 of 64 devices where a display takes one of 64 DRM nodes", () => {
    const options = { gpus: 8, compute: "CPX", memory: "NPS4" } as const;
    expect(rowsOf(host("7.0", options), "list --json")).toHaveLength(64);
    const limited = rowsOf(host("7.0", { ...options, drmNodeLimit: 64 }), "list --json");
    expect(limited).toHaveLength(63);
    expect(limited.at(-1)?.["bdf"]).toBe("0000:df:00.6");
    expect(
      rowsOf(host("7.0", { ...options, drmNodeLimit: 64, display: "none" }), "list --json"),
    ).toHaveLength(64);
  });

  it("says N/A for the modes of a GPU that cannot be partitioned", () => {
    const state = host("7.2", { accelerator: "MI210", gpus: 2 });
    expect(documents(read(state, "partition -c -m --json"))[0]).toEqual({
      current_partition: [0, 1].map((gpu) => ({
        gpu_id: gpu,
        memory: "N/A",
        accelerator_type: "N/A",
        accelerator_profile_index: "N/A",
        partition_id: "0",
      })),
      memory_partition: [0, 1].map((gpu) => ({
        gpu_id: gpu,
        memory_partition_caps: "N/A",
        current_memory_partition: "N/A",
      })),
    });
    expect(column(rowsOf(state, "list -e --json"), "render")).toEqual(["renderD128", "renderD129"]);
  });

  it("offers a guest neither modes nor power limits", () => {
    const guest = host("7.0", { platform: "guest" });
    expect(rowsOf(guest, "static --asic --json")).toMatchObject([
      { asic: { market_name: "AMD Instinct MI300X VF", device_id: "0x74b5" } },
    ]);
    expect(runAmdSmi(guest, ["static", "--limit", "--json"], "root").stderr).toContain(
      `"Parameter '--limit' is invalid.`,
    );
  });

  it.each([
    ["6.2.2", ""],
    ["6.4.2", ""],
    ["7.14", "AMDSMI Tool: 26.5.0+fake | AMDSMI Library version: 26.5.0 | ROCm version: 7.14.0\n"],
  ] as const)("ends with 255 without a driver (ROCm %s)", (rocm, stdout) => {
    const answer = runAmdSmi(host(rocm, { driver: "unloaded" }), ["list", "--json"], "root");
    expect(answer).toMatchObject({ code: 255, stdout });
    expect(answer.stderr).toContain("driver not initialized (amdgpu not found in modules)");
  });

  it("ends with 255 when the driver found no GPU", () => {
    const answer = runAmdSmi(host("7.0", { gpus: 0 }), ["list", "--json"], "root");
    expect(answer).toMatchObject({ code: 255 });
    expect(answer.stderr).toBe(
      "ERROR: Unable to detect any GPU devices, check amdgpu version and module status (sudo modprobe amdgpu)\n",
    );
  });

  it.each([
    ["a driver that is not loaded", { driver: "unloaded" }, 206, "DRIVER_NOT_LOADED"],
    ["a driver that found no GPU", { gpus: 0 }, 196, "DEVICE_NOT_FOUND"],
  ] as const)("in ROCm 10.2 names the error of %s", (_, options, code, type) => {
    const answer = runAmdSmi(host("10.2", options), ["list", "--json"], "root");
    expect(answer).toMatchObject({ code, stderr: "" });
    expect(answer.stdout).toContain(`"code": ${code}, "error_type": "${type}"}`);
  });

  it("can be made to contradict itself", () => {
    const output = { stdout: "[]\n", stderr: "", code: 0 };
    const state = host("7.0", { overrides: { files: {}, outputs: { "list --json": output } } });
    expect(runAmdSmi(state, ["list", "--json"], "root")).toEqual(output);
    expect(rowsOf(state, "list -e --json")).toHaveLength(1);
  });
});

describe("somebody outside the groups render and video", () => {
  const WARNING =
    "WARNING: User is missing the following required groups: render, video. Please add user to these groups.\n";

  it("is warned before the JSON in 6.4", () => {
    const stdout = read(outside("6.4.2"), "list --json", "user");
    expect(stdout).toBe(WARNING + read(outside("6.4.2"), "list --json"));
  });

  it("gets an exception in 7.0, and no names from list", () => {
    expect(runAmdSmi(outside("7.0"), ["partition", "-c", "--json"], "user")).toEqual({
      stdout: "",
      stderr: `RuntimeError: ${WARNING}`,
      code: 1,
    });
    const stdout = read(outside("7.0"), "list --json", "user");
    expect(stdout.startsWith(WARNING)).toBe(true);
    expect(rows(stdout)).toMatchObject([{ bdf: "N/A", uuid: "N/A", node_id: 2 }]);
  });

  it.each(["6.4.2", "7.2", "7.14"] as const)("sees no profiles in ROCm %s, nor does a member", (rocm) => {
    for (const state of [outside(rocm), host(rocm)]) {
      expect(read(state, "partition --accelerator --json", "user")).not.toContain("SPX");
    }
  });
});

import { describe, expect, it } from "vitest";

import { runAmdSmi } from "../support/fake-node/amd-smi/run.ts";
import { createState, type StateOptions } from "../support/fake-node/create-state.ts";
import type { NodeState } from "../support/fake-node/state.ts";
import type { RocmVersion } from "../support/fake-node/versions.ts";
import { column, documents, part, type Row, rows } from "./documents.ts";

const host = (rocm: RocmVersion, options: StateOptions = {}): NodeState => createState({ rocm, ...options });
const read = (state: NodeState, command: string, caller: "root" | "user" = "root"): string =>
  runAmdSmi(state, command.split(" "), caller).stdout;
const rowsOf = (state: NodeState, command: string, section?: string): readonly Row[] =>
  rows(read(state, command), section);

describe("the shape of what amd-smi prints", () => {
  const DRIVER = "amdgpu_version";
  const HSMP = "amd_hsmp_driver_version";
  const NIC = "nic_driver_version";

  it.each([
    ["6.2.2", "24.6.3.0", []],
    ["6.4.2", "25.4.2", [DRIVER, HSMP]],
    ["7.0", "26.0.0", [DRIVER, HSMP]],
    ["7.2", "26.2.1", [DRIVER, HSMP, NIC]],
    ["7.14", "26.5.0", [DRIVER, NIC]],
    ["10.0", "27.0.0", [DRIVER, NIC]],
    ["10.2", "27.2.0", [DRIVER, NIC]],
  ] as const)("version of ROCm %s names library %s and %j", (rocm, library, more) => {
    const [row = {}] = rowsOf(host(rocm), "version --json");
    expect(Object.keys(row)).toEqual(["tool", "version", "amdsmi_library_version", "rocm_version", ...more]);
    expect(row["amdsmi_library_version"]).toBe(library);
  });

  it("is indented by four and ends in one line feed", () => {
    expect(read(host("6.2.2"), "version --json")).toBe(`[
    {
        "tool": "AMDSMI Tool",
        "version": "24.6.3+fake",
        "amdsmi_library_version": "24.6.3.0",
        "rocm_version": "6.2.2"
    }
]
`);
  });

  const NAMES = ["gpu", "bdf", "uuid"];
  const KFD = ["kfd_id", "node_id", "partition_id"];
  const ENUMERATION = ["render", "card", "hsa_id", "hip_id", "hip_uuid"];

  it.each([
    ["6.2.2", NAMES, []],
    ["6.4.2", [...NAMES, ...KFD], [...NAMES, ...KFD, ...ENUMERATION]],
    ["7.0", [...NAMES, ...KFD], [...NAMES, ...KFD, ...ENUMERATION]],
    ["7.2", [...NAMES, ...KFD], [...NAMES, ...KFD, ...ENUMERATION]],
    ["7.14", [...NAMES, ...KFD], [...NAMES, ...KFD, ...ENUMERATION, "oam_id"]],
    ["10.0", [...NAMES, ...KFD], [...NAMES, ...KFD, ...ENUMERATION, "oam_id"]],
    ["10.2", [...NAMES, ...KFD], [...NAMES, ...KFD, ...ENUMERATION, "oam_id", "physical_acc_id"]],
  ] as const)("list of ROCm %s has %j, and with -e %j", (rocm, plain, enumerated) => {
    expect(Object.keys(rowsOf(host(rocm), "list --json")[0] ?? {})).toEqual(plain);
    expect(Object.keys(rowsOf(host(rocm), "list -e --json")[0] ?? {})).toEqual(enumerated);
  });

  it("list -e of ROCm 6.2 is refused with exit 0", () => {
    expect(runAmdSmi(host("6.2.2"), ["list", "-e", "--json"], "root")).toEqual({
      stdout: `{"error": "Parameter '-e' is invalid. Run '--help' for more info.", "code": -2}\n`,
      stderr: "",
      code: 0,
    });
  });

  it.each([
    ["6.2.2", ["0"], "compute_partition"],
    ["6.4.2", ["cpu_data", "core_data", "gpu_data"], "accelerator_partition"],
    ["7.0", ["gpu_data"], "accelerator_partition"],
    ["7.2", ["gpu_data"], "accelerator_partition"],
    ["7.14", ["gpu_data"], "accelerator_partition"],
  ] as const)("static and metric of ROCm %s have the keys %j; the mode is called %s", (rocm, keys, mode) => {
    for (const command of ["static --partition --json", "metric --mem-usage --json"]) {
      expect(Object.keys(documents(read(host(rocm), command))[0] as Row)).toEqual(keys);
    }
    expect(rowsOf(host(rocm), "static --partition --json")).toMatchObject([{ partition: { [mode]: "SPX" } }]);
  });

  it("the version of the driver has the build of its package behind it since 10.2", () => {
    const driverOf = (rocm: RocmVersion) => rowsOf(host(rocm), "version --json")[0]?.["amdgpu_version"];
    expect([driverOf("10.0"), driverOf("10.2")]).toEqual(["6.19.14.31400000", "6.19.14.31400000-2370000"]);
    expect(rowsOf(host("10.2"), "static --driver --json")).toMatchObject([
      { driver: { version: "6.19.14.31400000-2370000" } },
    ]);
    expect(rowsOf(host("10.2"), "static --asic --json")[0]?.["asic"]).toHaveProperty("chip_rev_id");
  });

  it("a missing value is followed by its reason since 10.0", () => {
    const [, secondary] = rowsOf(host("10.0", { compute: "CPX" }), "static --partition --json");
    expect(secondary).toMatchObject({
      partition: { accelerator_partition: "N/A (not supported on this system)" },
    });
  });

  it("a user outside the groups gets a line for each device file before the JSON since 10.0", () => {
    const answer = runAmdSmi(
      host("10.0", { operatorGroups: "none" }),
      ["static", "--partition", "--json"],
      "user",
    );
    expect(answer.stdout.split("\n").slice(0, 2)).toEqual([
      "Permission needed to access required GPU device node(s): /dev/kfd",
      "Permission needed to access required GPU device node(s): /dev/dri/renderD128",
    ]);
    expect(answer).toMatchObject({ code: 0, stderr: "" });
  });

  it("static prints its sections in its own order", () => {
    const [row = {}] = rowsOf(host("7.2"), "static --vram --partition --numa --limit --driver --asic --json");
    expect(Object.keys(row)).toEqual(["gpu", "asic", "limit", "driver", "partition", "numa", "vram"]);
  });

  it("partition is unknown to 6.2, one array per section with a legend in 6.4, one object since 7.0", () => {
    expect(read(host("6.2.2"), "partition --json")).toContain('"code": -1}');
    const old = read(host("6.4.2"), "partition --json");
    expect(documents(old)).toHaveLength(4);
    expect(old).toMatch(/\]\n\n\nLegend:\n {2}\* = Current mode\n$/);
    expect(Object.keys(documents(read(host("7.0"), "partition --json"))[0] as Row)).toEqual([
      "current_partition",
      "memory_partition",
      "partition_profiles",
      "partition_resources",
    ]);
    expect(Object.keys(documents(read(host("7.0"), "partition -c -m --json"))[0] as Row)).toEqual([
      "current_partition",
      "memory_partition",
    ]);
  });

  it("a profile's first row is full, its others are empty but for the resource", () => {
    const state = host("7.0", { compute: "CPX", memory: "NPS4" });
    expect(rowsOf(state, "partition -a --json", "partition_profiles").slice(12, 14)).toEqual([
      {
        gpu_id: "",
        profile_index: 3,
        memory_partition_caps: "NPS1,NPS4",
        accelerator_type: "CPX*",
        partition_id: "0",
        num_partitions: 8,
        num_resources: 4,
        resource_index: 12,
        resource_type: "XCC",
        resource_instances: 1,
        resources_shared: 1,
      },
      {
        gpu_id: "",
        profile_index: "",
        memory_partition_caps: "",
        accelerator_type: "",
        partition_id: "",
        num_partitions: "",
        num_resources: "",
        resource_index: 13,
        resource_type: "DECODER",
        resource_instances: 1,
        resources_shared: 2,
      },
    ]);
  });

  it("a running process is an object, none is a sentence", () => {
    const state = host("7.14", { gpus: 2, processes: [{ pid: 4711, name: "python3", gpu: 1 }] });
    const [idle, used] = column(
      rowsOf(state, "process --json"),
      "process_list",
    ) as readonly (readonly Row[])[];
    expect(idle).toEqual([{ process_info: "No running processes detected" }]);
    expect(Object.keys(part(used?.[0], "process_info"))).toEqual([
      "name",
      "pid",
      "memory_usage",
      "mem_usage",
      "usage",
      "sdma_usage",
      "cu_occupancy",
      "evicted_time",
    ]);
    expect(rows(read(state, "process --json", "user"))[1]).toMatchObject({
      process_list: [{ process_info: { name: "N/A", pid: 4711 } }],
    });
  });

  it("can have carriage returns", () => {
    const stdout = read(host("7.0", { lineEnd: "\r\n" }), "list --json");
    expect(stdout.replaceAll("\r\n", "")).not.toMatch(/[\r\n]/);
    expect(JSON.parse(stdout)).toHaveLength(1);
  });
});

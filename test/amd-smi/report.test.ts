import { describe, expect, test } from "vitest";

import { isUnknownCommand, parseList, parseStatic, parseVersion } from "../../provider/amd-smi/report.ts";
import { AmdSmiOutputError } from "../../provider/host-errors.ts";

const json = (value: unknown): string => `${JSON.stringify(value, null, 4)}\n`;

describe("version", () => {
  test("is a number of four parts up to ROCm 6.2, of three later; keys come with releases", () => {
    const old = [
      {
        tool: "AMDSMI Tool",
        version: "24.6.3+fake",
        amdsmi_library_version: "24.6.3.0",
        rocm_version: "6.2.2",
      },
    ];
    expect(parseVersion(json(old))).toEqual({ library: "24.6.3.0", rocm: "6.2.2", driver: undefined });
    const current = [
      {
        tool: "AMDSMI Tool",
        version: "26.2.1",
        amdsmi_library_version: "26.2.1",
        rocm_version: "7.2.0",
        amdgpu_version: "6.16.13",
        amd_hsmp_driver_version: "N/A",
        nic_driver_version: "N/A",
      },
    ];
    expect(parseVersion(json(current))).toEqual({ library: "26.2.1", rocm: "7.2.0", driver: "6.16.13" });
  });

  test("without a row is an error that shows what was printed", () => {
    expect(() => parseVersion("ERROR: Unable to detect any GPU devices")).toThrow(
      '`amd-smi version` printed JSON of an unknown structure; it printed "ERROR: Unable to detect any GPU devices"',
    );
    expect(() => parseVersion("[]")).toThrow(AmdSmiOutputError);
  });
});

describe("list", () => {
  test("names only the address before ROCm 6.3", () => {
    const output = json([{ gpu: 0, bdf: "0000:0C:00.0", uuid: "a1ff74a1-0000-1000-80b2-c3d4e5f60000" }]);
    expect(parseList(output)).toEqual([
      {
        index: 0,
        bdf: "0000:0c:00.0",
        partition: undefined,
        renderNode: undefined,
        uuids: ["a1ff74a1-0000-1000-80b2-c3d4e5f60000"],
        oam: undefined,
      },
    ]);
  });

  test("tells partition and render node from ROCm 6.4 on, and keys nobody knows yet do not matter", () => {
    const output = json([
      {
        gpu: 0,
        bdf: "0000:0c:00.0",
        partition_id: 0,
        render: "renderD128",
        card: "card1",
        hip_uuid: "GPU-A1B2C3D4E5F60000",
        oam_id: 3,
        tomorrow: {},
      },
      {
        gpu: 1,
        bdf: "0000:0c:00.1",
        partition_id: 1,
        render: "N/A",
        card: "N/A",
        uuid: "N/A",
        oam_id: "N/A",
      },
    ]);
    expect(parseList(`WARNING: User is missing the following required groups: render.\n${output}`)).toEqual([
      {
        index: 0,
        bdf: "0000:0c:00.0",
        partition: 0,
        renderNode: "renderD128",
        uuids: ["gpu-a1b2c3d4e5f60000"],
        oam: 3,
      },
      { index: 1, bdf: "0000:0c:00.1", partition: 1, renderNode: undefined, uuids: [], oam: undefined },
    ]);
  });

  test("with a row that is none is an error that shows the row", () => {
    expect(() => parseList('[{"bdf": "0000:0c:00.0"}]')).toThrow(
      '`amd-smi list` printed a row that cannot be read ({"bdf":"0000:0c:00.0"})',
    );
  });

  test("that breaks off is an error, not a short list", () => {
    expect(() => parseList('[\n    {"gpu": 0, "bdf": "0000:0c:00.0"},\n')).toThrow(
      "`amd-smi list` stopped in the middle of its JSON",
    );
  });
});

describe("static", () => {
  const asic = { market_name: "AMD Instinct MI300X", vendor_id: "0x1002", device_id: "0x74a1", oam_id: 0 };
  const driver = { name: "amdgpu", version: "6.14.14" };
  const expected = {
    index: 0,
    marketName: "AMD Instinct MI300X",
    pciDeviceId: 0x74_a1,
    driverVersion: "6.14.14",
    compute: "CPX",
    memory: "NPS4",
    allocation: undefined,
    oam: 0,
  };

  test.each([
    [
      "an array, and compute_partition (6.2)",
      [{ gpu: 0, asic, driver, partition: { compute_partition: "CPX", memory_partition: "NPS4" } }],
    ],
    [
      "three arrays in an object, and accelerator_partition (6.4.2)",
      {
        cpu_data: [],
        core_data: [],
        gpu_data: [
          {
            gpu: 0,
            asic,
            driver,
            partition: { accelerator_partition: "CPX", memory_partition: "NPS4", partition_id: 0 },
          },
        ],
      },
    ],
    [
      "an object with gpu_data alone (7.x)",
      {
        gpu_data: [
          { gpu: 0, asic, driver, partition: { accelerator_partition: "CPX", memory_partition: "NPS4" } },
        ],
      },
    ],
    [
      "ids as strings",
      [{ gpu: "0", asic, driver, partition: { accelerator_partition: "cpx", memory_partition: "nps4" } }],
    ],
  ])("is read from %s", (_, value) => {
    expect(parseStatic(json(value))).toEqual([expected]);
  });

  test("says nothing of the modes of secondary partitions, whichever way", () => {
    const rows = [
      {
        gpu: 1,
        asic,
        driver,
        partition: { accelerator_partition: "N/A", memory_partition: "N/A", partition_id: 1 },
      },
      { gpu: 2, asic: "N/A", driver: "N/A", partition: "N/A" },
      { gpu: 3 },
    ];
    expect(
      parseStatic(json({ gpu_data: rows })).map(({ index, compute, memory }) => ({ index, compute, memory })),
    ).toEqual([1, 2, 3].map((index) => ({ index, compute: undefined, memory: undefined })));
  });
});

const refusal = (code: number): string =>
  `{"error": "Command 'partition' is invalid. Run '--help' for more info.", "code": ${code}}\n`;

test("a command that this version does not have says so in JSON, with exit status 0 even", () => {
  expect([-1, -2, -10].map((code) => isUnknownCommand(refusal(code)))).toEqual([true, true, true]);
  expect([-3, -9].map((code) => isUnknownCommand(refusal(code)))).toEqual([false, false]);
  expect(isUnknownCommand(json([{ gpu: 0, error: "none" }]))).toBe(false);
});

test("an error shows the start of a long output, on one line", () => {
  const error = new AmdSmiOutputError(
    "amd-smi list",
    "printed JSON of an unknown structure",
    `\n  one\n two ${"x".repeat(400)}`,
  );
  expect(error.message).toMatch(
    /^`amd-smi list` printed JSON of an unknown structure; it printed "one two x{180,200}"$/,
  );
});

describe("a command that a release does not have", () => {
  test.each([
    ['{"error": "Command \'partition\' is invalid.", "code": -1}\n'],
    ["AMD-SMI Command 'partition' is invalid. Error code: -10\n"],
    [
      'amdsmi_cli_exceptions.AmdSmiInvalidSubcommandException: {"error": "AMD-SMI Command is invalid.", "code": -10}\n',
    ],
    ['{"error": "invalid", "code": 203, "error_type": "INVALID_SUBCOMMAND"}\n'],
    ['{"error": "not supported", "code": 200, "error_type": "COMMAND_NOT_SUPPORTED"}\n'],
  ])("is known by its code: %s", (output) => {
    expect(isUnknownCommand(output)).toBe(true);
  });

  test.each([
    ['{"error": "no such device", "code": 196}\n'],
    ['{"error": "no right", "code": -11}\n'],
    ['[{"gpu": 0}]\n'],
    [""],
  ])("is not: %s", (output) => {
    expect(isUnknownCommand(output)).toBe(false);
  });
});

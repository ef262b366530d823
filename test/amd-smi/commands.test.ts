import { expect, test } from "vitest";

import { READ_COMMANDS, setComputeMode, setMemoryMode } from "../../provider/amd-smi/commands.ts";

test("every command asks for JSON, because tables change with each release", () => {
  for (const argv of [
    ...Object.values(READ_COMMANDS),
    setComputeMode("amd-smi", ["a"], "CPX"),
    setMemoryMode("amd-smi", ["a"], "NPS4"),
  ]) {
    expect(argv[0]).toBe("amd-smi");
    expect(argv.at(-1)).toBe("--json");
  }
});

test("a mode is set by its name on the GPUs named by address, in one call of the amd-smi that was found", () => {
  expect(
    setComputeMode("/opt/rocm-7.2.0/bin/amd-smi", ["0000:0c:00.0", "0000:22:00.0"], "CPX").join(" "),
  ).toBe("/opt/rocm-7.2.0/bin/amd-smi set -g 0000:0c:00.0 0000:22:00.0 -C CPX --json");
  expect(setMemoryMode("amd-smi", ["0000:0c:00.0"], "NPS4").join(" ")).toBe(
    "amd-smi set -g 0000:0c:00.0 -M NPS4 --json",
  );
});

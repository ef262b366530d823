import { describe, expect, test } from "vitest";

import { parseProbe } from "../../provider/detection/parse-probe.ts";
import { runs } from "../support/property-runs.ts";

/** What a host may print in the place of a section of a look. `size` is in characters, about. */
const FLOODS: Readonly<Record<string, (size: number) => string>> = {
  "control characters": (size) => "\u001B".repeat(size),
  "control characters on lines": (size) => "\u001B\n".repeat(size / 2),
  "colour tags": (size) => "<{%".repeat(size / 3),
  "line feeds": (size) => "\n".repeat(size),
  spaces: (size) => " ".repeat(size),
  digits: (size) => "1".repeat(size),
  pairs: (size) => "a=b\n".repeat(size / 4),
  files: (size) => "1/properties:simd_count 1\n".repeat(size / 26),
  devices: (size) => "0000:0c:00.0 0x120000 0x74a1 amdgpu\n".repeat(size / 36),
  words: (size) => "renderD128 ".repeat(size / 11),
  "lines of the kernel": (size) =>
    "amdgpu 0000:0c:00.0: amdgpu: NPS mode change requested\n".repeat(size / 56),
  rows: (size) => `[${'{"gpu":0},'.repeat(size / 10)}{}]`,
  brackets: (size) => "[x\n".repeat(size / 3),
};

const SECTIONS = [
  "gpuProcesses",
  "vram",
  "host",
  "users",
  "record",
  "cards",
  "pci",
  "drm-nodes",
  "boot",
  "drm",
  "nodes",
  "version",
  "list",
  "static",
  "partition",
  "opened",
  "openers",
  "opener-users",
  "log",
];

/** Half of what a look may print in CI, and a fifth of that elsewhere. */
const SIZE = runs(4_000_000);
/** Of computing, in milliseconds; with all of that size a reader that calls a function for each character takes twice as long and more. */
const LIMIT = 2000;
const HOST = "right=root\namd_smi=/opt/rocm/bin/amd-smi\nmachine-id=abc\n";

const look = (flooded: string, flood: string): string =>
  SECTIONS.map(
    (name) => `\n==token ${name} 0\n${name === "host" ? HOST : ""}${name === flooded ? flood : ""}`,
  ).join("");

describe.each(SECTIONS)("an observation whose section %s is a flood", (section) => {
  test.each(Object.keys(FLOODS))("takes the only thread less than the others notice: %s", (name) => {
    const output = look(section, FLOODS[name]?.(SIZE) ?? "");
    const before = process.cpuUsage();
    try {
      parseProbe(output, "token", "gpu1");
    } catch {
      // That it is refused is not the question.
    }
    expect(process.cpuUsage(before).user / 1000).toBeLessThan(LIMIT);
  });
});

import { execFileSync, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { writeArchive } from "../../tools/archive/write.ts";
import { findPackageRoot } from "../../tools/engine/places.ts";
import { createYamlStack } from "../support/engine/yaml.ts";

const root = findPackageRoot();
const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
  readonly version: string;
};

/** Modules that a bundled one loads with itself. */
const importsIn = (path: string): readonly string[] =>
  [...readFileSync(path, "utf8").matchAll(/\b(?:from|import)"(\.[^"]+)"/g)].map(([, found = ""]) => found);

/** What a release has for `pulumi plugin install -f`. */
describe("the archive of the plugin", () => {
  const folder = mkdtempSync(join(tmpdir(), "archive-"));
  const unpacked = join(folder, "a folder with spaces");
  let archive: string;
  beforeAll(async () => {
    archive = await writeArchive(root, folder);
    mkdirSync(unpacked);
    execFileSync("tar", ["-xzf", archive, "-C", unpacked]);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const launch = (env: NodeJS.ProcessEnv) =>
    spawnSync("/bin/sh", [join(unpacked, "pulumi-resource-amdgpu")], {
      encoding: "utf8",
      env,
      timeout: 60_000,
    });

  it("has these files", async () => {
    const files = execFileSync("tar", ["-tzf", archive], { encoding: "utf8" });
    await expect(files).toMatchFileSnapshot("archive-files.txt");
  });

  it("is the same bytes when it is made again, and has its checksum beside it", async () => {
    const again = await writeArchive(root, join(folder, "again"));
    const [first, second] = [archive, again].map((path) => readFileSync(path));
    expect(second?.equals(first ?? Buffer.of())).toBe(true);
    const sum = createHash("sha256")
      .update(first ?? "")
      .digest("hex");
    expect(readFileSync(`${archive}.sha256`, "utf8")).toBe(`${sum}  ${basename(archive)}\n`);
  });

  it("has fixed times and owners, and no compiler of TypeScript", () => {
    const listed = execFileSync("tar", ["-tvzf", archive, "--numeric-owner"], {
      encoding: "utf8",
      env: { ...process.env, TZ: "UTC" },
    });
    for (const line of listed.trimEnd().split("\n")) expect(line).toMatch(/ 0\/0 .* 1970-01-01 00:00 /);
    const packages = readFileSync(join(unpacked, "THIRD-PARTY-LICENSES.txt"), "utf8");
    expect(packages).toMatch(/^@grpc\/grpc-js \d/m);
    expect(packages).not.toMatch(/^typescript \d/m);
  });

  it("loads at its start only what every start needs", () => {
    expect(importsIn(join(unpacked, "dist/plugin/main.mjs"))).toEqual(["./start.mjs"]);
    expect(importsIn(join(unpacked, "dist/plugin/start.mjs"))).toEqual([]);
    expect(importsIn(join(unpacked, "dist/plugin/resource-methods.mjs"))).toContain("./operations.mjs");
  });

  it("says in one sentence that there is no node", () => {
    const bin = join(folder, "bin");
    mkdirSync(bin);
    for (const program of ["dirname", "readlink"])
      execFileSync("ln", [
        "-s",
        execFileSync("sh", ["-c", `command -v ${program}`], { encoding: "utf8" }).trim(),
        bin,
      ]);
    const { stderr, status } = launch({ PATH: bin });
    expect({ stderr, status }).toEqual({
      stderr: "pulumi-resource-amdgpu: there is no node on PATH. Install Node.js 20.19 or later.\n",
      status: 1,
    });
  });

  it("finds its own SSH library and the bcrypt of that, without native parts", () => {
    const script = `
      const { createRequire } = require("node:module");
      const library = createRequire(${JSON.stringify(join(unpacked, "dist/plugin/operations.mjs"))}).resolve("ssh2");
      console.log(typeof require(library).Client, typeof require(createRequire(library).resolve("bcrypt-pbkdf")).pbkdf);`;
    const printed = execFileSync(process.execPath, ["-e", script], { cwd: folder, encoding: "utf8" });
    expect(printed).toBe("function function\n");
  });

  it("is installed by the engine, and a program in YAML runs with it", async () => {
    const stack = await createYamlStack(PROGRAM, "home");
    try {
      const ok = async (...args: readonly string[]) => {
        const { code, output } = await stack.run(args);
        expect(code, output).toBe(0);
        return output;
      };
      await ok("plugin", "install", "resource", "amdgpu", version, "-f", archive);
      expect(await ok("preview", "--diff")).toContain("SPX/NPS1 -> CPX/NPS1");
      await ok("up", "--yes", "--skip-preview");
      expect(await ok("stack", "output", "--json")).toContain("--device=/dev/dri/renderD128");
      await ok("preview", "--expect-no-changes");
      await ok("destroy", "--yes", "--skip-preview");
    } finally {
      await stack.dispose();
    }
  });
});

const PROGRAM = `
resources:
  node1:
    type: amdgpu:GpuPartitionConfig
    properties:
      simulation: { gpus: 2, stateFile: host.json }
      computePartition: CPX
      memoryPartition: NPS1
  llama:
    type: amdgpu:ModelAllocation
    properties:
      gpus: ["\${node1.handle}"]
      model: meta-llama/Llama-3.1-8B-Instruct
      precision: fp8
variables:
  run:
    fn::invoke:
      function: amdgpu:docker:runArgs
      arguments: { container: "\${llama.container}" }
outputs:
  args: \${run.args}
`;

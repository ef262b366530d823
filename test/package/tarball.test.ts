import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { findPackageRoot } from "../../tools/engine/places.ts";
import { createHome, createProject, type PulumiHome, runCli } from "../support/engine.ts";

/** The package as npm would publish it, in a user's project that has it as a real copy. */
describe("the packed tarball", () => {
  let home: PulumiHome;
  let folder: string;
  const root = findPackageRoot();
  const quickstart = readFileSync(join(root, "examples/quickstart/index.ts"), "utf8");
  beforeAll(async () => {
    home = await createHome();
    const packed = execFileSync(
      "npm",
      ["pack", "--json", "--ignore-scripts", "--pack-destination", home.folder],
      { cwd: root, encoding: "utf8" },
    );
    const [{ filename = "" } = {}] = JSON.parse(packed) as { filename?: string }[];
    const project = await createProject({
      home,
      packages: ["@pulumi/pulumi", "typescript", "@types/node", "zod", "ssh2", "commander"],
      files: {
        "index.ts": quickstart,
        "tsconfig.json": readFileSync(join(root, "examples/quickstart/tsconfig.json"), "utf8"),
      },
    });
    ({ folder } = project);
    const installed = join(folder, "node_modules", "pulumi-amd-gpu");
    execFileSync("rm", ["-rf", installed]);
    mkdirSync(installed);
    execFileSync("tar", ["-xzf", join(home.folder, filename), "--strip-components=1", "-C", installed]);
  });
  afterAll(() => home?.dispose());

  const run = (...args: string[]) => runCli(args, { cwd: folder, home });

  it("holds the build, the licence and the readme, and nothing else", () => {
    const installed = join(folder, "node_modules", "pulumi-amd-gpu");
    expect(readdirSync(installed).toSorted()).toEqual([
      "CHANGELOG.md",
      "LICENSE",
      "README.md",
      "dist",
      "package.json",
      "plugin",
    ]);
    expect(readdirSync(join(installed, "plugin"))).toEqual(["pulumi-resource-amdgpu", "schema.json"]);
    const files = readdirSync(join(installed, "dist"), { recursive: true, encoding: "utf8" });
    expect(files.filter((file) => file.includes("."))).toEqual(
      files.filter((file) => /\.(?:js|d\.ts)$/.test(file)),
    );
  });

  it("has the command", () => {
    const { bin } = JSON.parse(
      readFileSync(join(folder, "node_modules/pulumi-amd-gpu/package.json"), "utf8"),
    ) as { readonly bin: Readonly<Record<string, string>> };
    const command = join(folder, "node_modules/pulumi-amd-gpu", bin["pulumi-amd-gpu"] ?? "");
    expect(readFileSync(command, "utf8")).toMatch(/^#!\/usr\/bin\/env node\n/);
    const args = [command, "describe", "--simulate", "MI300X", "--json"];
    const printed = execFileSync(process.execPath, args, { cwd: folder, encoding: "utf8" });
    expect(JSON.parse(printed)).toMatchObject({ gpus: { length: 8 } });
  });

  it("type-checks in a user's program", () => {
    const compiler = join(root, "node_modules/typescript/bin/tsc");
    expect(execFileSync(process.execPath, [compiler, "-p", folder], { encoding: "utf8" })).toBe("");
  });

  it("finds models without the optional package for the Hub, and says what it lacks", () => {
    const script = `
      const { resolveModel } = await import("pulumi-amd-gpu");
      console.log(JSON.stringify(await resolveModel("my-org/finetuned-3b")));`;
    const printed = execFileSync(process.execPath, ["--input-type=module", "-e", script], {
      cwd: folder,
      encoding: "utf8",
      env: { ...process.env, HF_HUB_OFFLINE: "0", HF_ENDPOINT: "http://127.0.0.1:9" },
    });
    expect(JSON.parse(printed)).toMatchObject({
      ok: true,
      origin: { step: "name" },
      shape: {
        doubts: [expect.stringContaining("the package @huggingface/hub is not installed") as unknown],
      },
    });
  });

  describe.each(["typescript", "typescript-5.9"])("compiled by %s, libraries checked too", (compiler) => {
    it.each([
      ["an ES module", { type: "module" }, { module: "nodenext" }],
      ["CommonJS of Node", { type: "commonjs" }, { module: "nodenext" }],
      ["CommonJS of classic Node", { type: "commonjs" }, { module: "commonjs", moduleResolution: "node10" }],
    ])("fits a program that is %s", (title, manifest, options) => {
      const program = join(folder, `${compiler} ${title}`.replaceAll(/[ .]/g, "-"));
      mkdirSync(program);
      const deprecated = compiler === "typescript" && "moduleResolution" in options;
      const files = {
        "index.ts": readFileSync(join(root, "test/package/consumer/index.ts"), "utf8"),
        "package.json": JSON.stringify(manifest),
        "tsconfig.json": JSON.stringify({
          compilerOptions: {
            ...options,
            ...(deprecated && { ignoreDeprecations: "6.0" }),
            target: "es2022",
            strict: true,
            noEmit: true,
            skipLibCheck: false,
            types: ["node"],
          },
          files: ["index.ts"],
        }),
      };
      for (const [name, text] of Object.entries(files)) writeFileSync(join(program, name), text);
      const tsc = join(root, "node_modules", compiler, "bin/tsc");
      const { stdout, status } = spawnSync(process.execPath, [tsc, "-p", program], { encoding: "utf8" });
      expect({ stdout, status }).toEqual({ stdout: "", status: 0 });
    });
  });

  it("previews, applies and destroys the quickstart", async () => {
    await run("stack", "init", "dev");
    const preview = await run("preview");
    expect(preview.code, preview.output).toBe(0);
    expect(preview.output).toContain("SPX/NPS1 -> CPX/NPS4, 1 -> 8 devices of 24.0 GiB");
    expect((await run("up", "--yes", "--skip-preview")).code).toBe(0);
    expect((await run("preview", "--expect-no-changes")).code).toBe(0);
    expect((await run("destroy", "--yes", "--skip-preview")).code).toBe(0);
  });
});

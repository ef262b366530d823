import { createRequire } from "node:module";

import type * as pulumi from "@pulumi/pulumi";
import { GpuPartitionConfig, ModelAllocation } from "pulumi-amd-gpu";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import {
  createHome,
  createProject,
  createStack,
  type PulumiHome,
  runCli,
  type TestStack,
} from "../support/engine.ts";
import { type TestHost, startHost } from "../support/hosts.ts";
import { QWEN } from "../support/stack-program.ts";

const require = createRequire(import.meta.url);

interface Resource {
  readonly type: string;
  readonly inputs?: Record<string, unknown>;
  readonly outputs?: Record<string, unknown>;
  readonly sourcePosition?: string;
}

const resourcesOf = (state: unknown): readonly Resource[] =>
  (state as { deployment: { resources?: readonly Resource[] } }).deployment.resources ?? [];

const textOf = (resource: Resource): string => String(resource.inputs?.["__provider"]);

describe("the code that is written into a user's state", () => {
  let host: TestHost;
  let stack: TestStack;
  let ours: readonly Resource[];
  beforeAll(async () => {
    host = await startHost("simulation", { gpus: 2 });
    stack = await createStack(async () => {
      const gpus = new GpuPartitionConfig("node1", {
        ...host.args,
        computePartition: "CPX",
        memoryPartition: "NPS1",
      });
      new ModelAllocation("one", { gpus, ...QWEN });
      new ModelAllocation("two", { gpus, ...QWEN });
    });
    await stack.up();
    ours = resourcesOf(await stack.exportStack()).filter((one) => one.type.includes("amdgpu"));
  });
  afterAll(async () => {
    await stack?.destroy();
    await stack?.dispose();
    await host?.stop();
  });

  it("is under 1 kB for each resource, and the same for all of a kind", () => {
    expect(ours).toHaveLength(3);
    for (const resource of ours) expect(textOf(resource).length).toBeLessThan(1000);
    const texts = ours.filter((one) => one.type.endsWith("ModelAllocation")).map(textOf);
    expect(new Set(texts).size).toBe(1);
    for (const resource of ours) expect(resource.outputs?.["__provider"]).toBe(textOf(resource));
  });

  it("names one module, the runtime, and no path of any machine", () => {
    for (const resource of ours) {
      const text = textOf(resource);
      const imports = [...text.matchAll(/(?:import|require)\(\s*"([^"]+)"/g)].map((match) => match[1]);
      expect(new Set(imports)).toEqual(new Set(["pulumi-amd-gpu/runtime"]));
      expect(text).not.toMatch(/\/(?:home|root|work|usr|tmp)\//);
    }
  });

  it("runs when loaded as Pulumi loads it", async () => {
    const load = require("require-from-string") as (text: string) => {
      handler(): pulumi.dynamic.ResourceProvider;
    };
    const partition = ours.find((one) => one.type.endsWith("GpuPartitionConfig"));
    const provider = load(textOf(partition as Resource)).handler();
    const checked = await provider.check?.(
      {},
      { identity: { key: "p/s/n", urn: "" }, computePartition: "CPZ", memoryPartition: "NPS1" },
    );
    expect(checked?.failures?.map((one) => one.reason)).toEqual([
      'computePartition must be one of SPX, DPX, TPX, QPX, CPX (it is "CPZ")',
    ]);
  });

  it("holds no secret and no observation of the host", () => {
    const text = JSON.stringify(ours);
    expect(text).not.toContain('"observation"');
  });
});

describe("the text of the bridge", () => {
  let home: PulumiHome;
  beforeAll(async () => {
    home = await createHome();
  });
  afterAll(() => home?.dispose());

  it("does not depend on how the user's program is compiled", async () => {
    const body = `new GpuPartitionConfig("n", { mode: "simulation", computePartition: "CPX", memoryPartition: "NPS1",
      simulation: { stateFile: "HOST" } });`;
    const imported = `import { GpuPartitionConfig } from "pulumi-amd-gpu";\n${body}`;
    const programs = [
      {
        "index.js": `const { GpuPartitionConfig } = require("pulumi-amd-gpu");\n${body}`,
        "package.json": `{ "main": "index.js" }`,
      },
      { "index.js": imported, "package.json": `{ "type": "module", "main": "index.js" }` },
      {
        "index.ts": imported,
        "package.json": `{ "main": "index.ts" }`,
        "tsconfig.json": `{ "compilerOptions": { "module": "nodenext", "target": "es2022", "types": ["node"], "skipLibCheck": true } }`,
      },
    ];
    const texts: string[] = [];
    for (const [number, files] of programs.entries()) {
      const written = Object.fromEntries(
        Object.entries(files).map(([path, text]) => [path, text.replace("HOST", `host${number}.json`)]),
      );
      const { folder } = await createProject({ home, files: written });
      const run = (...args: string[]) => runCli(args, { cwd: folder, home });
      await run("stack", "init", `s${number}`);
      const up = await run("up", "--yes", "--skip-preview");
      expect(up.code, up.output).toBe(0);
      const exported = await run("stack", "export");
      const ours = resourcesOf(JSON.parse(exported.stdout)).filter((one) => one.type.includes("amdgpu"));
      texts.push(...ours.map(textOf));
      // Our constructors spare the SDK its stack traces, but not this one.
      for (const one of ours) expect(one.sourcePosition).toMatch(/#\d+,\d+$/);
      await run("destroy", "--yes", "--skip-preview");
    }
    expect(texts).toHaveLength(programs.length);
    expect(new Set(texts).size).toBe(1);
  });
});

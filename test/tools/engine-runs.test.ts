import * as pulumi from "@pulumi/pulumi";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import {
  createHome,
  createProject,
  createStack,
  failed,
  type PulumiHome,
  runCli,
  type TestStack,
} from "../support/engine.ts";

const box: pulumi.dynamic.ResourceProvider = {
  check: async (_olds, news) => ({ inputs: { ...news, area: news.width * news.width } }),
  diff: async (_id, olds, news) => ({
    changes: olds.width !== news.width || olds.label !== news.label,
    replaces: olds.width === news.width ? [] : ["width"],
    deleteBeforeReplace: true,
  }),
  create: async (inputs) => {
    if (inputs.width < 0) throw new Error("a box cannot be that small");
    return { id: `box-${inputs.width}`, outs: inputs };
  },
  update: async (_id, _olds, news) => ({ outs: news }),
};

class Box extends pulumi.dynamic.Resource {
  declare readonly area: pulumi.Output<number>;
  constructor(name: string, args: { readonly width: number; readonly label?: string }) {
    super(box, name, { area: undefined, ...args });
  }
}

const boxes = async (): Promise<Record<string, unknown>> => {
  const config = new pulumi.Config();
  const made = new Box("crate", { width: config.requireNumber("width"), label: config.get("label") ?? "" });
  return { area: made.area, id: made.id, word: pulumi.secret("hush") };
};

describe("a stack under test", () => {
  let stack: TestStack;
  beforeAll(async () => {
    stack = await createStack(boxes, { config: { width: { value: "3" } } });
  });
  afterAll(async () => stack.dispose());

  it("shows in its preview what check computed, to the resource and to the stack's outputs", async () => {
    const run = await stack.preview();
    expect(run.changes).toEqual(["create crate"]);
    expect(run.steps.find(({ name }) => name === "crate")?.new?.inputs).toMatchObject({ width: 3, area: 9 });
    expect(run.outputs).toMatchObject({ area: 9, id: "[unknown]" });
  });

  it("does what it previewed, and then finds nothing to do", async () => {
    const run = await stack.up();
    expect(run.changes).toEqual(["create crate"]);
    expect(run.steps.every(({ state }) => state === "done")).toBe(true);
    expect(run.outputs).toMatchObject({ area: 9, id: "box-3", word: "[secret]" });
    expect(await stack.outputs()).toMatchObject({ word: { value: "hush", secret: true } });
    expect((await stack.preview({ expectNoChanges: true })).changes).toEqual([]);
  });

  it("tells an update from a replacement, with the old values and the new", async () => {
    await stack.setConfig({ label: { value: "fragile" } });
    const update = await stack.up();
    expect(update.changes).toEqual(["update crate"]);
    expect(update.steps.find(({ name }) => name === "crate")).toMatchObject({
      old: { inputs: { label: "" } },
      new: { outputs: { label: "fragile" } },
    });
    await stack.setConfig({ width: { value: "4" } });
    const replacement = await stack.up();
    expect(replacement.changes).toEqual([
      "delete-replaced crate",
      "replace crate",
      "create-replacement crate",
    ]);
    expect(replacement.steps.find(({ op }) => op === "replace")?.keys).toEqual(["width"]);
  });

  it("gives the run of a failed operation, with the message on its resource", async () => {
    await stack.setConfig({ width: { value: "-1" } });
    const run = await failed(stack.up());
    expect(run.output).toContain("a box cannot be that small");
    expect(run.diagnostics).toContainEqual(
      expect.objectContaining({
        severity: "error",
        urn: expect.stringContaining("crate"),
        message: expect.stringContaining("a box cannot be that small"),
      }),
    );
    expect(run.steps.find(({ op }) => op === "create-replacement")?.state).toBe("failed");
    await stack.setConfig({ width: { value: "4" } });
    await expect(failed(stack.preview())).rejects.toThrow("expected to fail and did not");
  });

  it("is the same stack to the command line", async () => {
    const { code, stdout } = await runCli(["stack", "--show-urns", "--stack", stack.name], {
      cwd: stack.folder,
      home: stack.home,
    });
    expect(code).toBe(0);
    expect(stdout).toContain(`urn:pulumi:${stack.name}::engine-test`);
  });

  it("exports its state, which is empty after destroy", async () => {
    const run = await stack.destroy();
    expect(run.steps.filter(({ op }) => op === "delete").map(({ state }) => state)).not.toContain("failed");
    const { deployment } = await stack.exportStack();
    expect(deployment.resources ?? []).toEqual([]);
  });
});

describe("a project on the command line", () => {
  let home: PulumiHome;
  beforeAll(async () => {
    home = await createHome();
  });
  afterAll(async () => home.dispose());

  it("runs a TypeScript program with a dynamic resource of its own", async () => {
    const { folder } = await createProject({
      home,
      files: {
        "index.ts": `
          import * as pulumi from "@pulumi/pulumi";
          const provider: pulumi.dynamic.ResourceProvider = {
            create: async (inputs) => ({ id: "one", outs: inputs }),
          };
          class Thing extends pulumi.dynamic.Resource {
            constructor(name: string, args: { word: string }) { super(provider, name, args); }
          }
          new Thing("thing", { word: "hello" });
          export const greeting = "hello";
        `,
      },
    });
    const cli = async (...args: string[]) => runCli(args, { cwd: folder, home });
    expect(await cli("stack", "init", "test")).toMatchObject({ code: 0 });
    const up = await cli("up", "--yes", "--skip-preview");
    expect(up).toMatchObject({ code: 0, ending: "exited" });
    expect(up.stdout).toContain('greeting: "hello"');
    expect(JSON.parse((await cli("stack", "output", "--json")).stdout)).toEqual({ greeting: "hello" });
  });
});

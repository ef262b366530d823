import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { GpuPartitionConfig, ModelAllocation } from "pulumi-amd-gpu";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { createStack, failed, type Run, type TestStack } from "../support/engine.ts";
import { type FakeNode, startFakeNode } from "../support/fake-node/start.ts";
import { type Sshd, startSshd } from "../support/sshd.ts";
import { LLAMA } from "../support/stack-program.ts";

const PASSWORD = "only-for-the-bastion";

describe("a host behind a jump host", () => {
  let bastion: Sshd;
  let node: FakeNode;
  let stack: TestStack;
  const runs: Run[] = [];
  const noted = async (run: Promise<Run>): Promise<Run> => {
    runs.push(await run);
    return await run;
  };
  const program = (password: string) => async () => {
    const proxy = {
      host: bastion.host,
      port: bastion.port,
      user: "jump",
      password,
      hostKey: bastion.hostKey,
    };
    const gpus = new GpuPartitionConfig("node1", {
      connection: { ...node.connection, proxy },
      computePartition: "CPX",
      memoryPartition: "NPS1",
    });
    new ModelAllocation("llama", { gpus, ...LLAMA });
  };
  beforeAll(async () => {
    bastion = await startSshd({
      config: ["MaxSessions 1"],
      accounts: [{ name: "jump", password: PASSWORD }],
    });
    node = await startFakeNode({ gpus: 1, rocm: "7.2" });
    stack = await createStack(program(PASSWORD));
  });
  afterAll(async () => {
    await stack?.dispose();
    await node?.stop();
    await bastion?.stop();
  });

  it("is previewed over one connection to the jump host", async () => {
    const run = await noted(stack.preview({ diff: true }));
    expect(run.changes).toEqual(["create node1", "create llama"]);
    expect(bastion.counts()).toEqual({ connections: 1, execs: 0 });
  });

  it("is changed through it", async () => {
    bastion.resetCounts();
    await noted(stack.up({ diff: true }));
    expect(node.state().gpus[0]?.compute).toBe("CPX");
    // One of the program's observation, one of the provider's.
    expect(bastion.counts()).toEqual({ connections: 2, execs: 0 });
  });

  it("shows no change, and no drift in a refresh, while nothing has changed", async () => {
    expect((await noted(stack.preview({ diff: true }))).changes).toEqual([]);
    expect((await noted(stack.refresh())).changes).toEqual([]);
  });

  it("fails with the name of the jump host, without the password, when the jump host refuses it", async () => {
    const run = await noted(failed(stack.preview({ program: program("another-password") })));
    expect(run.output).toContain("cannot log in to the jump host jump@");
    expect(run.output).not.toContain("another-password");
  });

  it("has no secret of the jump host in output, events and state", () => {
    const files = readdirSync(stack.home.folder, { recursive: true, withFileTypes: true })
      .filter((file) => file.isFile())
      .map((file) => readFileSync(join(file.parentPath, file.name), "utf8"));
    expect(files.some((text) => text.includes("GpuPartitionConfig"))).toBe(true);
    const texts = [...files, ...runs.map((run) => JSON.stringify(run))];
    for (const text of texts) expect(text.includes(PASSWORD), "the password is in there").toBe(false);
  });

  it("is destroyed through it, without the program", async () => {
    bastion.resetCounts();
    await stack.destroy();
    expect(node.state().gpus[0]?.compute).toBe("SPX");
    expect(bastion.counts()).toEqual({ connections: 1, execs: 0 });
  });
});

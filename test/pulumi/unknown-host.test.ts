import { GpuPartitionConfig, ModelAllocation } from "pulumi-amd-gpu";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { Machine } from "../support/container.ts";
import { type Door, startDoor } from "../support/door.ts";
import { createStack, failed, type Run, type TestStack } from "../support/engine.ts";
import { type FakeNode, startFakeNode } from "../support/fake-node/start.ts";
import { inputsOf, LLAMA, saidOn } from "../support/stack-program.ts";

const layout = { computePartition: "CPX", memoryPartition: "NPS1" } as const;

const warningsOf = (run: Run): string =>
  run.diagnostics
    .filter(({ severity }) => severity === "warning")
    .map(({ message }) => message)
    .join("\n");

describe("a host that another resource will create", () => {
  let node: FakeNode;
  let stack: TestStack;
  const program = (compute: string) => async () => {
    const machine = new Machine("machine", { addressToBe: node.connection.host });
    const gpus = new GpuPartitionConfig("node1", {
      connection: { ...node.connection, host: machine.address },
      computePartition: compute as "CPX",
      memoryPartition: "NPS1",
    });
    const llama = new ModelAllocation("llama", { gpus, ...LLAMA });
    return { env: llama.env };
  };
  beforeAll(async () => {
    node = await startFakeNode({ gpus: 1, rocm: "7.2" });
    stack = await createStack(program("CPX"));
  });
  afterAll(async () => {
    await stack?.dispose();
    await node?.stop();
  });

  it("previews without an error, with dependent values unknown", async () => {
    const preview = await stack.preview();
    expect(preview.changes).toEqual(["create machine", "create node1", "create llama"]);
    expect(inputsOf(preview, "node1")["plan"]).toBe("[unknown]");
    expect(preview.outputs["env"]).toBe("[unknown]");
  });

  it("still refuses mistakes that do not depend on the host", async () => {
    const run = await failed(stack.preview({ program: program("CPZ") }));
    expect(run.output).toContain('computePartition must be one of SPX, DPX, TPX, QPX, CPX (it is "CPZ")');
  });

  it("is partitioned in the update that creates it", async () => {
    await stack.up();
    expect(node.state().gpus[0]?.compute).toBe("CPX");
    expect((await stack.outputs())["env"]?.value).toEqual({ ROCR_VISIBLE_DEVICES: "0" });
    expect((await stack.preview()).changes).toEqual([]);
    await stack.destroy();
  });
});

describe("a host that does not answer", () => {
  let node: FakeNode;
  let door: Door;
  let elsewhere: Door;
  let stack: TestStack;
  const through = (way: () => Door) => async () => {
    const connection = { ...node.connection, port: way().port, perDialTimeout: 2, dialErrorLimit: 1 };
    const gpus = new GpuPartitionConfig("node1", { connection, ...layout });
    const llama = new ModelAllocation("llama", { gpus, ...LLAMA });
    return { env: llama.env };
  };
  const inState = async (): Promise<readonly string[]> => {
    const { deployment } = (await stack.exportStack()) as { deployment: { resources?: { type: string }[] } };
    return (deployment.resources ?? []).map(({ type }) => type).filter((type) => type.includes("amdgpu"));
  };
  beforeAll(async () => {
    node = await startFakeNode({ gpus: 1, rocm: "7.2" });
    door = await startDoor(node.connection.port);
    elsewhere = await startDoor(node.connection.port);
    await Promise.all([door.shut(), elsewhere.shut()]);
    stack = await createStack(through(() => door));
  });
  afterAll(async () => {
    await stack?.dispose();
    await Promise.all([door?.shut(), elsewhere?.shut()]);
    await node?.stop();
  });

  it("is a warning in preview, and leaves the plan open", async () => {
    const preview = await stack.preview();
    expect(warningsOf(preview)).toMatch(
      /cannot reach root@127\.0\.0\.1.*; planning is deferred until the host is reachable/,
    );
    expect(preview.changes).toEqual(["create node1", "create llama"]);
    expect(preview.outputs["env"]).toBe("[unknown]");
  });

  it("fails the update with one clear sentence, and nothing is recorded", async () => {
    const run = await failed(stack.up());
    expect(saidOn(run, "node1")).toMatch(/cannot reach root@127\.0\.0\.1/);
    expect(await inState()).toEqual([]);
  });

  it("keeps its last known layout when nothing else is declared, and changes nothing", async () => {
    await door.open();
    await stack.up();
    await door.shut();
    const preview = await stack.preview();
    expect(warningsOf(preview)).toContain("using the last known layout");
    expect(preview.changes).toEqual([]);
    expect(preview.outputs["env"]).toEqual({ ROCR_VISIBLE_DEVICES: "0" });
  });

  it("knows nothing of a host with another port, and state keeps the way to the host that was changed", async () => {
    const program = through(() => elsewhere);
    const preview = await stack.preview({ program });
    expect(warningsOf(preview)).toContain("planning is deferred until the host is reachable");
    const run = await failed(stack.up({ program }));
    expect(saidOn(run, "node1")).toMatch(/cannot reach root@127\.0\.0\.1/);
    // The connection in state is a secret: that it is the former one is seen by the destroy below.
    expect(await inState()).toHaveLength(2);
    await door.open();
    expect((await stack.preview()).changes).toEqual([]);
    await stack.destroy();
    expect(node.state().gpus[0]?.compute).toBe("SPX");
  });
});

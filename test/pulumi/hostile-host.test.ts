import { GpuPartitionConfig, ModelAllocation } from "pulumi-amd-gpu";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { createStack, failed, type TestStack } from "../support/engine.ts";
import { type FakeNode, startFakeNode } from "../support/fake-node/start.ts";
import { LLAMA } from "../support/stack-program.ts";

/** What a terminal obeys. The engine's own output has line ends and nothing else of it. */
const OBEYED = /[^\P{Cc}\n\r\t]|[\p{Cf}\p{Zl}\p{Zp}]/u;

const EVIL = "\u001B]0;pwn\u0007\u001B[2J\u202E\nerror: forged line\n<{%fg 1%}>";
const PATH = "/var/lib/pulumi-amd-gpu/host.json";

const isPlain = (output: string): void => {
  expect(output).not.toMatch(OBEYED);
  expect(output.split("\n").filter((line) => line.startsWith("error: forged"))).toEqual([]);
};

describe("text of a host", () => {
  let node: FakeNode;
  let stack: TestStack;
  let layout: "CPX" | "SPX" = "SPX";
  beforeAll(async () => {
    node = await startFakeNode({ gpus: 2, rocm: "7.2" });
    stack = await createStack(async () => {
      const gpus = new GpuPartitionConfig("node1", {
        connection: node.connection,
        computePartition: layout,
        memoryPartition: "NPS1",
      });
      new ModelAllocation("llama", { gpus, ...LLAMA });
    });
  });
  afterAll(async () => {
    await stack?.dispose();
    await node?.stop();
  });

  it("is made plain before it reaches the operator's terminal: names of processes, reservations and owners", async () => {
    await stack.up();
    const record = JSON.parse(node.readFile(PATH) ?? "{}") as {
      readonly revision: number;
      readonly reservations: readonly object[];
    };
    const foreign = {
      key: `other/dev/${EVIL}`,
      model: EVIL,
      devices: [{ id: "0000:22:00.0", bytes: 1 }],
      exclusive: false,
    };
    node.writeFile(PATH, JSON.stringify({ ...record, reservations: [...record.reservations, foreign] }));
    await node.holdGpus([{ name: "\u001B[2J<{%b%}>", gpu: 0 }]);
    layout = "CPX";
    const refused = await failed(stack.preview());
    isPlain(refused.output);
    expect(refused.output).toContain(String.raw`\u{1b}`);
    expect(refused.output).toContain(String.raw`<\u{7b}%`);
    isPlain((await failed(stack.up())).output);
  });
});

import { copyFileSync, renameSync } from "node:fs";
import { join } from "node:path";

import { GpuPartitionConfig } from "pulumi-amd-gpu";
import { afterAll, beforeAll, expect, it } from "vitest";

import { createStack, failed, runCli, type TestStack } from "../support/engine.ts";
import { type FakeNode, startFakeNode } from "../support/fake-node/start.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

let node: FakeNode;
let stack: TestStack;
const path = join(temporaryDirectory("key-file"), "key");
const hidden = `${path}.hidden`;

beforeAll(async () => {
  node = await startFakeNode({ gpus: 1, rocm: "7.2" });
  copyFileSync(node.clientKeyPath, hidden);
  const { privateKey: _, ...connection } = node.connection;
  stack = await createStack(async () => {
    new GpuPartitionConfig("node1", {
      connection: { ...connection, privateKeyPath: path },
      computePartition: "CPX",
      memoryPartition: "NPS1",
    });
  });
});
afterAll(async () => {
  await stack?.dispose();
  await node?.stop();
});

it("is a check failure at its property while it is missing", async () => {
  const run = await failed(stack.preview());
  expect(run.output).toContain("connection.privateKeyPath of root@");
  expect(run.output).toContain("cannot be read: ENOENT");
});

it("is read by an update, and its text is not in state, not even encrypted", async () => {
  renameSync(hidden, path);
  await stack.up();
  expect(node.state().gpus[0]?.compute).toBe("CPX");
  const shown = await runCli(["stack", "export", "--show-secrets"], { cwd: stack.folder, home: stack.home });
  expect(shown.output).toContain(path);
  const [, line = "no line"] = node.connection.privateKey.split("\n");
  expect(shown.output).not.toContain(line);
  expect(shown.output).not.toContain("PRIVATE KEY");
});

it("is read again by a refresh and a destroy", async () => {
  renameSync(path, hidden);
  expect((await failed(stack.refresh())).output).toContain("connection.privateKeyPath of root@");
  renameSync(hidden, path);
  expect((await stack.refresh()).changes).toEqual([]);
  await stack.destroy();
  expect(node.state().gpus[0]?.compute).toBe("SPX");
});

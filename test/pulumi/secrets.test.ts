import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import * as pulumi from "@pulumi/pulumi";
import { GpuPartitionConfig, ModelAllocation } from "pulumi-amd-gpu";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { createStack, failed, type Run, runCli, type TestStack } from "../support/engine.ts";
import { type FakeNode, startFakeNode } from "../support/fake-node/start.ts";
import { LLAMA } from "../support/stack-program.ts";

/** Every command line and environment on this machine, both sides of the connection, sampled while `work` runs. */
async function watchProcesses<T>(
  work: () => Promise<T>,
): Promise<{ readonly value: T; readonly seen: string }> {
  const seen = new Set<string>();
  const sample = (): void => {
    for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
      try {
        seen.add(readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " "));
      } catch {
        // It has ended since.
      }
    }
  };
  const timer = setInterval(sample, 10);
  try {
    return { value: await work(), seen: [...seen].join("\n") };
  } finally {
    clearInterval(timer);
  }
}

describe("keys and passwords", () => {
  let node: FakeNode;
  let stack: TestStack;
  let secrets: readonly string[];
  const everything: string[] = [];
  const note = (run: Run): void => {
    everything.push(run.output, JSON.stringify(run.steps), JSON.stringify(run.diagnostics));
  };
  const expectNoSecretIn = (text: string): void => {
    for (const secret of secrets) expect(text.includes(secret), "a secret is in there").toBe(false);
  };
  const withConnection = (extra: Record<string, unknown>) => async () => {
    // Given in clear: the resource class must make it a secret.
    const gpus = new GpuPartitionConfig("node1", {
      connection: { ...node.connection, ...extra },
      computePartition: "CPX",
      memoryPartition: "NPS1",
    });
    const llama = new ModelAllocation("llama", { gpus, ...LLAMA });
    return { env: llama.env, secret: pulumi.secret("x") };
  };
  beforeAll(async () => {
    node = await startFakeNode({ gpus: 1, rocm: "7.2" });
    const keyLines = node.connection.privateKey
      .split("\n")
      .filter((line) => line.length > 20 && !line.includes("-----"));
    secrets = [...keyLines, "correct-horse-battery", "pass-phrase-of-key"];
    stack = await createStack(withConnection({ password: "correct-horse-battery" }));
  });
  afterAll(async () => {
    await stack?.dispose();
    await node?.stop();
  });

  it("are in no output, no event and no process list, from the first preview to destroy", async () => {
    const { seen } = await watchProcesses(async () => {
      note(await stack.preview({ diff: true }));
      note(await stack.up({ diff: true }));
      note(await stack.refresh());
      note(await stack.preview({ diff: true }));
    });
    expect(seen).toContain("sshd");
    expectNoSecretIn(seen);
    for (const text of everything) expectNoSecretIn(text);
  });

  it("are encrypted in the state file", async () => {
    const shown = await runCli(["stack", "export"], { cwd: stack.folder, home: stack.home });
    expect(shown.output).toContain('"connection"');
    expectNoSecretIn(shown.output);
    const files = readdirSync(stack.home.folder, { recursive: true, withFileTypes: true }).filter((file) =>
      file.isFile(),
    );
    const states = files.map((file) => readFileSync(join(file.parentPath, file.name), "utf8"));
    expect(states.some((text) => text.includes("GpuPartitionConfig"))).toBe(true);
    for (const text of states) expectNoSecretIn(text);
  });

  it("are in no error: of a malformed key, a wrong type, an unknown field, a refused login", async () => {
    const { privateKey } = node.connection;
    const malformed: readonly Record<string, unknown>[] = [
      { privateKey: privateKey.replaceAll("\n", " ") },
      { privateKey: privateKey.slice(0, -60) },
      { privateKey: [privateKey] },
      { privateKey, privateKeyPassword: "pass-phrase-of-key", port: "ssh" },
      { password: "correct-horse-battery", privateKey: undefined },
      { privatKey: privateKey },
      { host: { password: "correct-horse-battery" } },
    ];
    for (const extra of malformed) {
      const run = await failed(stack.preview({ program: withConnection(extra) }));
      expect(run.output, JSON.stringify(Object.keys(extra))).toMatch(/connection|privateKey|log in/);
      expectNoSecretIn(run.output + JSON.stringify(run.diagnostics) + JSON.stringify(run.steps));
    }
  });

  it("are in no error when the whole connection is a string", async () => {
    const run = await failed(
      stack.preview({
        program: async () => {
          new GpuPartitionConfig("node1", {
            connection: node.connection.privateKey as never,
            computePartition: "CPX",
            memoryPartition: "NPS1",
          });
        },
      }),
    );
    expect(run.output).toContain("connection must be an object");
    expectNoSecretIn(run.output);
  });

  it("can be exchanged without touching the host, and destroy uses the new ones", async () => {
    const before = node.commands().length;
    const up = await stack.up({ program: withConnection({ password: "another-password" }) });
    expect(up.changes).toEqual(["update node1", "update llama"]);
    expect(
      node
        .commands()
        .slice(before)
        .every((command) => command.argv[0] !== "set" && command.tool !== "modprobe"),
    ).toBe(true);
    await stack.destroy();
    expect(node.state().gpus[0]?.compute).toBe("SPX");
  });
});

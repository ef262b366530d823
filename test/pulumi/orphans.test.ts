import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import {
  GpuPartitionConfig,
  listReservations,
  ModelAllocation,
  openHost,
  releaseReservation,
} from "pulumi-amd-gpu";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { createStack, failed, runCli, type TestStack } from "../support/engine.ts";
import { type HostKind, startHost, type TestHost } from "../support/hosts.ts";
import { inputsOf, outputsOf, QWEN, saidOn } from "../support/stack-program.ts";

/**
 * Loaded into every Node process that the engine starts. As soon as a reservation of `name` is on disk, and before the provider
 * can say so, it kills the provider's process and everything above it that belongs to the engine, if the file `armed` exists. The
 * simulated host's disk is ours; on the other one a script has written, and has just ended.
 */
const killer = (armed: string, name: string): string => `
import fs from "node:fs";
import promises from "node:fs/promises";
import { createRequire, syncBuiltinESMExports } from "node:module";
const { Client } = createRequire(${JSON.stringify(import.meta.url)})("ssh2");
const parentOf = (pid) => Number(/^PPid:\\s*(\\d+)/m.exec(fs.readFileSync("/proc/" + pid + "/status", "utf8"))?.[1] ?? 0);
const nameOf = (pid) => fs.readFileSync("/proc/" + pid + "/comm", "utf8").trim();
const written = (text) => {
  if (!fs.existsSync(${JSON.stringify(armed)}) || !text.includes(${JSON.stringify(name)})) return;
  fs.unlinkSync(${JSON.stringify(armed)});
  for (let pid = process.ppid; pid > 1 && nameOf(pid).startsWith("pulumi"); ) {
    const above = parentOf(pid);
    process.kill(pid, "SIGKILL");
    pid = above;
  }
  process.kill(process.pid, "SIGKILL");
};
const { rename } = promises;
promises.rename = async (from, to) => {
  const text = fs.readFileSync(from, "utf8");
  await rename(from, to);
  written(text);
};
syncBuiltinESMExports();
const { exec } = Client.prototype;
Client.prototype.exec = function (line, answer) {
  return exec.call(this, line, (error, channel) => {
    if (!error) {
      const { end } = channel;
      channel.end = function (script) {
        channel.prependListener("exit", () => written(String(script)));
        return end.call(this, script);
      };
    }
    answer(error, channel);
  });
};
`;

describe.each<HostKind>(["simulation", "ssh"])(
  "a reservation without a resource in any state, on a host by %s",
  (kind) => {
    let folder: string;
    let host: TestHost;
    let stack: TestStack;
    const armed = (): string => join(folder, "armed");
    const program =
      (names: readonly string[], computePartition: "CPX" | "SPX" = "CPX") =>
      async () => {
        const layout = { computePartition, memoryPartition: "NPS1" } as const;
        const gpus = new GpuPartitionConfig("node1", { ...host.args, ...layout });
        for (const name of names) new ModelAllocation(name, { gpus, ...QWEN });
      };
    const reserved = (): readonly string[] => host.record()?.reservations.map((one) => one.key) ?? [];
    const open = () => openHost(host.args as Parameters<typeof openHost>[0]);

    beforeAll(async () => {
      folder = mkdtempSync(join(tmpdir(), "orphans-"));
      writeFileSync(join(folder, "killer.mjs"), killer(armed(), "engine-test/test/b"));
      host = await startHost(kind, { gpus: 1 });
      stack = await createStack(program(["a"]), {
        env: { NODE_OPTIONS: `--import=${join(folder, "killer.mjs")}` },
      });
      await stack.up();
    });
    afterAll(async () => {
      await stack?.dispose();
      await host?.stop();
      rmSync(folder, { recursive: true });
    });

    it("is left by an engine that is killed between the write on the host and that of its state", async () => {
      writeFileSync(armed(), "");
      await failed(stack.up({ program: program(["a", "b"]) }));
      expect(existsSync(armed())).toBe(false);
      expect(reserved()).toEqual(["engine-test/test/a", "engine-test/test/b"]);
      const { resources = [] } = (await stack.exportStack()).deployment as { resources?: { urn: string }[] };
      expect(resources.filter(({ urn }) => /::[ab]$/.test(urn)).map(({ urn }) => urn.at(-1))).toEqual(["a"]);
      const cancelled = await runCli(["cancel", "--yes", "--stack", stack.name], {
        cwd: stack.folder,
        home: stack.home,
      });
      expect(cancelled.code).toBe(0);
    });

    it("is taken over by the next up of the same stack, on the same devices, and reserved once", async () => {
      const before = host.record()?.reservations;
      const run = await stack.up({ program: program(["a", "b"]) });
      expect(run.changes).toEqual(["create b"]);
      const { since: _since, ...left } = before?.find((one) => one.key === "engine-test/test/b") ?? {};
      expect(outputsOf(run, "b")["partitionIds"]).toEqual(before?.[1]?.devices.map((claim) => claim.id));
      expect(host.record()?.reservations).toEqual([before?.[0], expect.objectContaining(left)]);
      expect(host.record()?.reservations[1]?.since).toBe(before?.[1]?.since);
      expect((await stack.preview({ program: program(["a", "b"]) })).changes).toEqual([]);
    });

    it("stays when its stack has forgotten it, takes its room, and is found and released by name", async () => {
      await stack.up({ program: program(["a"]) });
      expect(reserved()).toEqual(["engine-test/test/a"]);
      writeFileSync(armed(), "");
      await failed(stack.up({ program: program(["a", "b"]) }));
      await runCli(["cancel", "--yes", "--stack", stack.name], { cwd: stack.folder, home: stack.home });
      await stack.up({ program: program(["a"]) });
      const direct = await open();
      const [, orphan] = await listReservations(direct);
      expect(orphan).toMatchObject({
        key: "engine-test/test/b",
        urn: expect.stringMatching(/ModelAllocation::b$/) as unknown,
        devices: [{ state: "there" }],
        since: expect.stringMatching(/^\d{4}-\d{2}-\d{2}T/) as unknown,
      });
      if (orphan) await releaseReservation(direct, orphan);
      await direct.close();
      expect(reserved()).toEqual(["engine-test/test/a"]);
      expect((await stack.preview({ program: program(["a"]) })).changes).toEqual([]);
    });
  },
);

describe.each<HostKind>(["simulation", "ssh"])(
  "a reservation whose device is gone, on a host by %s",
  (kind) => {
    let host: TestHost;
    let stack: TestStack;
    const program = (computePartition: "CPX" | "SPX", model: object) => async () => {
      const layout = { computePartition, memoryPartition: "NPS1" } as const;
      const gpus = new GpuPartitionConfig("node1", { ...host.args, ...layout });
      new ModelAllocation("a", { gpus, ...QWEN, ...model });
    };
    const last = { pin: { partitions: ["0000:0c:00.7"] } };
    beforeAll(async () => {
      host = await startHost(kind, { gpus: 1 });
      stack = await createStack(program("CPX", last));
      await stack.up();
      await host.drift(0, "SPX");
    });
    afterAll(async () => {
      await stack?.dispose();
      await host?.stop();
    });

    it("is no warning while the run restores the device", async () => {
      const preview = await stack.preview();
      expect(inputsOf(preview, "a")["partitionIds"]).toEqual(["0000:0c:00.7"]);
      expect(saidOn(preview, "node1")).not.toContain("no longer exist");
    });

    it("is a warning otherwise, reserves nothing on other devices, and is replaced on up", async () => {
      // As large as the GPU: it fits only if the reservation on the vanished partition does not count.
      const large = { exclusive: true, kvCacheTokens: 4096 * 1500, maxNumSeqs: 2048 };
      const preview = await stack.preview({ program: program("SPX", large) });
      expect(saidOn(preview, "node1")).toContain(
        "engine-test/test/a reserves 0000:0c:00.7 for Qwen/Qwen2.5-1.5B (bf16), but that device no longer exists; the next update of its stack places the model again",
      );
      await stack.up({ program: program("SPX", large) });
      expect(host.record()?.reservations).toEqual([
        expect.objectContaining({
          key: "engine-test/test/a",
          devices: [expect.objectContaining({ id: "0000:0c:00.0" })],
        }),
      ]);
      const again = await stack.preview({ program: program("SPX", large) });
      expect([again.changes, saidOn(again, "node1")]).toEqual([[], ""]);
    });
  },
);

import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, expect, test } from "vitest";

import { HostUnreachableError } from "../../provider/errors.ts";
import type { HostAccessArgs } from "../../provider/schema/allocation.ts";
import { createHost, startProcess } from "../histories/host.ts";
import type { PluginWorld, TestPlugin } from "../support/plugin/client.ts";
import { operation, urnOf } from "../support/plugin/operation.ts";
import { type Properties, secret } from "../support/plugin/values.ts";

const TOKEN = "amdgpu:index:getHost";

let folder: string;
let file: string;
let config: Properties;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "plugin-"));
  file = join(folder, "host.json");
  config = { hosts: { gpu1: { simulation: { stateFile: file, gpus: 2 } } } };
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const getHost = (args: Properties, world?: PluginWorld, configured: Properties = config) =>
  operation((plugin) => plugin.invoke(TOKEN, args), configured, world);

async function declare(plugin: TestPlugin): Promise<void> {
  const node = urnOf("GpuPartitionConfig", "node1");
  const { inputs } = await plugin.check(node, {}, { host: "gpu1", ...CPX });
  const { outputs } = await plugin.create(node, inputs);
  const llama = urnOf("ModelAllocation", "llama");
  const model = { model: "meta-llama/Llama-3.1-8B-Instruct", precision: "fp8", maxNumSeqs: 8 };
  const checked = await plugin.check(llama, {}, { gpus: [outputs["handle"]], ...model });
  expect(checked.failures).toEqual([]);
  await plugin.create(llama, checked.inputs);
}

const CPX = { computePartition: "CPX", memoryPartition: "NPS1" };

test("a host has its GPUs, devices with their room, owners and reservations, and nothing changes", async () => {
  await operation(declare, config);
  const before = readFileSync(file, "utf8");
  const { result, failures } = await getHost({ host: "gpu1" });
  expect(failures).toEqual([]);
  expect(readFileSync(file, "utf8")).toBe(before);
  expect(result).toMatchObject({
    capability: { level: "SIMULATION" },
    accelerator: "MI300X",
    gpus: [{ modes: "CPX/NPS1" }, { modes: "CPX/NPS1" }],
    groups: [expect.any(String), expect.any(String)],
    declaration: CPX,
    owners: [{ key: "cluster/dev/node1", stack: "dev", gpus: [{ before: "SPX/NPS1" }, {}] }],
    reservations: [{ key: "cluster/dev/llama", model: expect.stringContaining("fp8") as unknown }],
    problems: [],
  });
  const devices = result["devices"] as readonly { reserved: number; free: number; renderNode: string }[];
  expect(devices).toHaveLength(16);
  expect(devices.filter(({ reserved }) => reserved > 0)).toHaveLength(1);
  expect(devices[0]?.renderNode).toMatch(/^\/dev\/dri\/renderD\d+$/);
});

test("after a change the same update sees the changed host", async () => {
  await operation(async (plugin) => {
    expect((await plugin.invoke(TOKEN, { host: "gpu1" })).result).toMatchObject({ reservations: [] });
    await declare(plugin);
    expect((await plugin.invoke(TOKEN, { host: "gpu1" })).result).toMatchObject({
      declaration: CPX,
      reservations: [{ name: "llama" }],
    });
  }, config);
});

test("a simulated host that does not exist yet is described, and not made", async () => {
  const { result } = await getHost({ host: "gpu1" });
  expect(result).toMatchObject({ gpus: [{ modes: "SPX/NPS1" }, { modes: "SPX/NPS1" }], reservations: [] });
  expect(existsSync(file)).toBe(false);
});

/** A world in which every host but "down" answers. */
function reachable(): { readonly ways: HostAccessArgs[]; readonly world: PluginWorld } {
  const ways: HostAccessArgs[] = [];
  const host = createHost("10.0.0.1", 2);
  const world: PluginWorld = (_config, real) => ({
    ...real,
    hosts: {
      observe: async (access) => {
        ways.push(access);
        if (access.connection?.host === "down") throw new HostUnreachableError("down", "connection refused");
        return host.observation();
      },
      open: async (_access, known) => ({
        capability: { level: "REAL_PARTITIONING", reason: "a test" },
        partitioner: host.open(startProcess()),
        observation: known ?? host.observation(),
        problems: ["a fan has failed"],
      }),
    },
  });
  return { ways, world };
}

const CONNECTION = { host: "10.0.0.1", user: "ops", password: "hunter2" };

test("credentials are of the configuration or of the call, and are in no result", async () => {
  const { ways, world } = reachable();
  const { result } = await getHost({ connection: secret(CONNECTION) }, world);
  expect(result).toMatchObject({ hostId: "10.0.0.1", problems: ["a fan has failed"] });
  expect(JSON.stringify(result)).not.toContain("hunter2");
  expect(ways[0]?.connection).toMatchObject(CONNECTION);
  const shared = {
    hosts: { gpu1: { connection: { host: "10.0.0.1" } } },
    connection: { password: "of the configuration" },
  };
  await getHost({ host: "gpu1" }, world, shared);
  expect(ways.at(-1)?.connection).toMatchObject({ host: "10.0.0.1", password: "of the configuration" });
});

test("a host of the configuration is observed once, whoever asks", async () => {
  const { ways, world } = reachable();
  const inventory = { hosts: { gpu1: { connection: CONNECTION } } };
  await operation(
    async (plugin) => {
      await Promise.all([plugin.invoke(TOKEN, { host: "gpu1" }), plugin.invoke(TOKEN, { host: "gpu1" })]);
      await plugin.check(urnOf("GpuPartitionConfig", "node1"), {}, { host: "gpu1", ...CPX });
    },
    inventory,
    world,
  );
  expect(ways).toHaveLength(1);
});

test("a host that does not answer is an error in one sentence", async () => {
  const { world } = reachable();
  await expect(getHost({ connection: { ...CONNECTION, host: "down" } }, world)).rejects.toThrow(
    /^[^\n]*down[^\n]*connection refused[^\n]*$/,
  );
});

test.each([
  [{}, "host", "host is missing: give host, connection, local or simulation"],
  [
    { host: "gpu7" },
    "host",
    'host is "gpu7", which is not in the provider configuration; its hosts are gpu1',
  ],
  [{ connection: CONNECTION, local: true }, "local", "local conflicts with connection; set one of them"],
  [
    { connection: { user: "ops", password: "hunter2" } },
    "connection.host",
    "connection.host is missing; it must be a string",
  ],
  [{ simulation: {}, gpu: 1 }, "gpu", "gpu is not a known property"],
])("%j is refused", async (args, property, reason) => {
  expect((await getHost(args)).failures).toEqual([{ property, reason }]);
});

import { expect, test } from "vitest";

import { HostUnreachableError } from "../../provider/errors.ts";
import type { HostAccessArgs } from "../../provider/schema/allocation.ts";
import type { ProviderConfig } from "../../provider/schema/provider-config.ts";
import { UNKNOWN } from "../../provider/wire/unknowns.ts";
import { createHost, startProcess } from "../histories/host.ts";
import { type PluginWorld, startPlugin, type TestPlugin } from "../support/plugin/client.ts";
import { operation, urnOf } from "../support/plugin/operation.ts";
import { isSecret, type Properties } from "../support/plugin/values.ts";

const URN = urnOf("GpuPartitionConfig", "node1");
const CPX = { computePartition: "CPX", memoryPartition: "NPS1" };

/** A world of hosts that are values, and every way that was taken to one. */
function hostsByName(): { readonly ways: HostAccessArgs[]; readonly world: PluginWorld } {
  const ways: HostAccessArgs[] = [];
  const hosts = new Map<string, ReturnType<typeof createHost>>();
  const hostOf = ({ connection }: HostAccessArgs) => {
    const name = connection?.host ?? "";
    if (name === "down") throw new HostUnreachableError(name, "connection refused");
    const known = hosts.get(name) ?? createHost(name, 2);
    hosts.set(name, known);
    return known;
  };
  const world = (_config: ProviderConfig, real: Parameters<PluginWorld>[1]) => ({
    ...real,
    hosts: {
      observe: async (access: HostAccessArgs) => {
        ways.push(access);
        return hostOf(access).observation();
      },
      open: async (
        access: HostAccessArgs,
        known: ReturnType<ReturnType<typeof createHost>["observation"]> | undefined,
      ) => ({
        capability: { level: "REAL_PARTITIONING", reason: "a test" } as const,
        partitioner: hostOf(access).open(startProcess()),
        observation: known ?? hostOf(access).observation(),
        problems: [],
      }),
    },
  });
  return { ways, world };
}

const INVENTORY = {
  hosts: {
    gpu1: { connection: { host: "10.0.0.1", user: "ops", password: "of the inventory" } },
    gpu2: { connection: { host: "10.0.0.2" }, timeouts: { observe: 30 } },
  },
  connection: { user: "root", privateKey: "of the configuration", hostKeyChecking: "off" },
  timeouts: { observe: 60, set: 400 },
};

const check = async (plugin: TestPlugin, news: Properties): Promise<Properties> => {
  const { inputs, failures } = await plugin.check(URN, {}, news);
  expect(failures).toEqual([]);
  return inputs;
};

test("a resource names a host of the inventory, and state gets no connection", async () => {
  const { ways, world } = hostsByName();
  await operation(
    async (plugin) => {
      const inputs = await check(plugin, { ...CPX, host: "gpu2" });
      const { outputs } = await plugin.create(URN, inputs);
      for (const properties of [inputs, outputs]) {
        expect(properties).toMatchObject({ host: "gpu2", hostId: "10.0.0.2" });
        expect(properties).not.toHaveProperty("connection");
        expect(properties).not.toHaveProperty("timeouts");
        expect(JSON.stringify(properties)).not.toContain("of the configuration");
      }
    },
    INVENTORY,
    world,
  );
  expect(ways.find(({ connection }) => connection?.host === "10.0.0.2")).toMatchObject({
    connection: { user: "root", privateKey: "of the configuration", hostKeyChecking: "off" },
    timeouts: { observe: 30, set: 400, reload: 600 },
  });
});

test("all hosts of the inventory are observed at once when the provider is configured, each of them once", async () => {
  const { ways, world } = hostsByName();
  await operation(
    async (plugin) => {
      expect(ways.map(({ connection }) => connection?.host)).toEqual(["10.0.0.1", "10.0.0.2"]);
      await check(plugin, { ...CPX, host: "gpu1" });
      expect(ways).toHaveLength(2);
    },
    INVENTORY,
    world,
  );
});

test("a host of the inventory that is down is a warning of its resource, and is not tried again at once", async () => {
  const { ways, world } = hostsByName();
  await operation(
    async (plugin) => {
      await check(plugin, { ...CPX, host: "gpu9" });
      expect(plugin.said).toMatchObject([
        { severity: "warning", message: expect.stringContaining("refused") },
      ]);
      expect(ways).toHaveLength(1);
    },
    { hosts: { gpu9: { connection: { host: "down" } } } },
    world,
  );
});

test("in a refresh and a destroy credentials of the configuration replace those in state, and nothing else of the connection", async () => {
  const { ways, world } = hostsByName();
  const connection = { host: "10.0.0.3", port: 2222, user: "ops", password: "of the program" };
  const { id, outputs, inputs } = await operation(
    async (plugin) => {
      const checked = await check(plugin, { ...CPX, connection });
      return { inputs: checked, ...(await plugin.create(URN, checked)) };
    },
    INVENTORY,
    world,
  );
  const last = () => ways.at(-1)?.connection;
  expect(last()).toMatchObject(connection);
  await operation((plugin) => plugin.read(URN, id, outputs, inputs), INVENTORY, world);
  expect(last()).toMatchObject({
    host: "10.0.0.3",
    port: 2222,
    user: "ops",
    privateKey: "of the configuration",
  });
  expect(last()).not.toHaveProperty("password");
  const rotated = { hosts: { any: { connection: { ...connection, password: "rotated" } } } };
  await operation((plugin) => plugin.remove(URN, id, outputs), rotated, world);
  expect(last()).toMatchObject({ user: "ops", password: "rotated" });
});

test("credentials of jump hosts are replaced in the same way, by those of the same account over the same jump hosts", async () => {
  const { ways, world } = hostsByName();
  const outer = { host: "outer", password: "of the program" };
  const proxy = { host: "bastion", user: "jump", privateKeyPath: "/of/the/program", proxy: outer };
  const connection = { host: "10.0.0.3", password: "of the program", proxy };
  const { id, outputs } = await operation(
    async (plugin) => plugin.create(URN, await check(plugin, { ...CPX, connection })),
    {},
    world,
  );
  const last = () => ways.at(-1)?.connection;
  const rotated = { ...proxy, privateKeyPath: "/rotated", proxy: { host: "outer", password: "rotated" } };
  const elsewhere = { host: "bastion", user: "jump", password: "of another network" };
  const hosts = {
    other: { connection: { host: "10.0.0.3", password: "of another host", proxy: elsewhere } },
    any: { connection: { host: "10.0.0.4", proxy: rotated } },
  };
  await operation((plugin) => plugin.remove(URN, id, outputs), { hosts }, world);
  expect(last()).toMatchObject({ password: "of the program", proxy: rotated });
  expect(last()?.proxy).not.toHaveProperty("password");
});

test("another default of the configuration is no difference", async () => {
  const { world } = hostsByName();
  const created = await operation(
    async (plugin) => {
      const inputs = await check(plugin, { ...CPX, host: "gpu2" });
      return { inputs, ...(await plugin.create(URN, inputs)) };
    },
    INVENTORY,
    world,
  );
  await operation(
    async (plugin) => {
      const { inputs } = await plugin.check(URN, created.inputs, { ...CPX, host: "gpu2" });
      expect((await plugin.diff(URN, created.id, created.outputs, inputs)).changes).toBe(false);
    },
    { ...INVENTORY, connection: { privateKey: "rotated" }, timeouts: { set: 999 } },
    world,
  );
});

test.each([
  [{ host: "gpu7" }, 'host is "gpu7", which is not in the provider configuration; its hosts are gpu1, gpu2'],
  [{ host: "gpu1", connection: { host: "a" } }, "host conflicts with connection; set one of them"],
  [{ host: "gpu1", local: true }, "host conflicts with local; set one of them"],
])("%j is refused", async (given, reason) => {
  const { world } = hostsByName();
  await operation(
    async (plugin) => {
      expect((await plugin.check(URN, {}, { ...CPX, ...given })).failures).toEqual([
        { property: "", reason },
      ]);
    },
    INVENTORY,
    world,
  );
});

test("a host that is not known yet makes the plan unknown", async () => {
  await operation(async (plugin) => {
    expect(await check(plugin, { ...CPX, host: UNKNOWN })).toMatchObject({ hostId: UNKNOWN, plan: UNKNOWN });
  });
});

test("configuration arrives as JSON text too, and what may hold a credential is a secret of the engine", async () => {
  const plugin = await startPlugin();
  const { inputs, failures } = await plugin.checkConfig({
    version: "0.1.0",
    hosts: JSON.stringify(INVENTORY.hosts),
    timeouts: JSON.stringify({ set: 10 }),
    hfToken: "hf_1",
  });
  expect(failures).toEqual([]);
  expect([inputs["hosts"], inputs["hfToken"], inputs["timeouts"]].map(isSecret)).toEqual([true, true, false]);
  await plugin.stop();
});

test.each([
  [{ hosts: "{not json, password" }, "the configuration value amdgpu:hosts is not valid JSON"],
  [{ hosts: { gpu1: { conection: {} } } }, "amdgpu:hosts.gpu1.conection is not a known property"],
  [
    { hosts: { gpu1: { connection: {} } } },
    "amdgpu:hosts.gpu1.connection.host is missing; it must be a string",
  ],
  [
    { hosts: { gpu1: { local: true, connection: { host: "a" } } } },
    "amdgpu:hosts.gpu1.local conflicts with connection; set one of them",
  ],
  [{ timeouts: { set: 0 } }, "amdgpu:timeouts.set must be at least 1 (it is 0)"],
  [{ retries: 3 }, "amdgpu:retries is not a known property"],
])("the configuration %j is refused", async (config, reason) => {
  const plugin = await startPlugin();
  expect((await plugin.checkConfig(config)).failures).toEqual([reason]);
  await expect(plugin.configure(config)).rejects.toThrow(reason);
  await plugin.stop();
});

test("a changed configuration replaces nothing", async () => {
  const plugin = await startPlugin();
  expect(await plugin.diffConfig({ hfToken: "a" }, { hfToken: "b" })).toEqual({
    changes: true,
    replaces: [],
  });
  expect(await plugin.diffConfig({ hfToken: "a" }, { hfToken: "a" })).toEqual({
    changes: false,
    replaces: [],
  });
  await plugin.stop();
});

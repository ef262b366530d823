import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, expect, test } from "vitest";

import { UNKNOWN } from "../../provider/wire/unknowns.ts";
import { operation, urnOf } from "../support/plugin/operation.ts";
import { isSecret, type Properties, secret } from "../support/plugin/values.ts";

const URN = urnOf("GpuPartitionConfig", "node1");

let folder: string;
let simulation: Properties;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "plugin-"));
  simulation = { stateFile: join(folder, "host.json"), gpus: 2 };
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const created = (news: Properties, config: Properties = {}) =>
  operation(async (plugin) => {
    const { inputs } = await plugin.check(URN, {}, news);
    const { id, outputs } = await plugin.create(URN, inputs);
    return { id, inputs, outputs };
  }, config);

const CPX = { computePartition: "CPX", memoryPartition: "NPS1" };

test("a check plans, and says the plan on the line of the resource", async () => {
  await operation(async (plugin) => {
    const { inputs, failures } = await plugin.check(URN, {}, { ...CPX, simulation });
    expect(failures).toEqual([]);
    expect(inputs).toMatchObject({
      ...CPX,
      layout: { "0000:0c:00.0": "CPX/NPS1" },
      plan: { revision: 1, steps: [{ action: "setComputeMode" }] },
      identity: { key: "cluster/dev/node1", urn: URN },
    });
    expect(plugin.said).toMatchObject([
      { urn: URN, severity: "info", message: expect.stringContaining("SPX/NPS1 -> CPX/NPS1") },
    ]);
  });
});

test("state gets what the program wrote, without defaults", async () => {
  const { inputs, outputs } = await created({ ...CPX, simulation });
  for (const properties of [inputs, outputs]) {
    expect(properties).toMatchObject({ simulation });
    for (const name of ["mode", "timeouts", "inUse", "onDelete"]) expect(properties).not.toHaveProperty(name);
  }
});

test("a preview of a create leaves open what only the changed host has, as unknown and not as absent", async () => {
  await operation(async (plugin) => {
    const { inputs } = await plugin.check(URN, {}, { ...CPX, simulation });
    const { outputs } = await plugin.create(URN, inputs, { preview: true });
    expect(outputs).toMatchObject({ deviceNodes: UNKNOWN, status: UNKNOWN, layout: inputs["layout"] });
    expect(outputs).not.toHaveProperty("atBoot");
  });
});

test("the same declaration again is no difference, and a default that is written neither", async () => {
  const { id, inputs, outputs } = await created({ ...CPX, simulation });
  await operation(async (plugin) => {
    const again = await plugin.check(URN, inputs, {
      ...CPX,
      simulation,
      inUse: "refuse",
      timeouts: { set: 300 },
    });
    expect(await plugin.diff(URN, id, outputs, again.inputs)).toMatchObject({ changes: false, detailed: {} });
  });
});

test("another layout is a replacement, with each GPU in the detailed diff", async () => {
  const { id, inputs, outputs } = await created({ ...CPX, simulation });
  await operation(async (plugin) => {
    const after = await plugin.check(URN, inputs, { ...CPX, computePartition: "DPX", simulation });
    const diff = await plugin.diff(URN, id, outputs, after.inputs);
    expect(diff).toMatchObject({ changes: true, replaces: ["layout"], deleteBeforeReplace: true });
    expect(diff.detailed).toMatchObject({
      'layout["0000:0c:00.0"]': "update-replace",
      computePartition: "update",
    });
    expect(diff.detailed).not.toHaveProperty("deviceNodes");
  });
});

test("a change that is ignored is no difference", async () => {
  const { id, inputs, outputs } = await created({ ...CPX, simulation });
  await operation(async (plugin) => {
    const after = { ...inputs, inUse: "wait" };
    expect((await plugin.diff(URN, id, outputs, after, { oldInputs: inputs })).changes).toBe(true);
    const ignored = await plugin.diff(URN, id, outputs, after, {
      oldInputs: inputs,
      ignoreChanges: ["inUse"],
    });
    expect(ignored.changes).toBe(false);
  });
});

test("a refresh records a drift, and the next check repairs it with a new revision", async () => {
  const { id, inputs, outputs } = await created({ ...CPX, simulation });
  await created({ ...CPX, computePartition: "DPX", simulation, onDelete: "keep" }); // Somebody else.
  const read = await operation((plugin) => plugin.read(URN, id, outputs, inputs));
  expect(read).toMatchObject({
    id,
    properties: {
      status: "Drifted",
      observed: { "0000:0c:00.0": "DPX/NPS1" },
      layout: { "0000:0c:00.0": "CPX/NPS1" },
    },
  });
  await operation(async (plugin) => {
    const after = await plugin.check(URN, read.inputs, { ...CPX, simulation });
    const diff = await plugin.diff(URN, id, read.properties, after.inputs);
    expect(diff).toMatchObject({ changes: true, replaces: [] });
    const done = await plugin.update(URN, id, read.properties, after.inputs);
    expect(done).toMatchObject({ status: "Success", layout: { "0000:0c:00.0": "CPX/NPS1" } });
  });
});

test("destroying sets back what was there before", async () => {
  const { id, outputs } = await created({ ...CPX, simulation });
  await operation((plugin) => plugin.remove(URN, id, outputs));
  await operation(async (plugin) => {
    const { inputs } = await plugin.check(URN, {}, { ...CPX, simulation });
    expect(inputs["observed"]).toMatchObject({ "0000:0c:00.0": "SPX/NPS1" });
  });
});

test("a connection is a secret wherever it stands, and a failure names no property", async () => {
  await operation(async (plugin) => {
    const connection = secret({
      host: "127.0.0.1",
      port: 1,
      user: "ops",
      password: "do not show",
      dialErrorLimit: 1,
    });
    const unreachable = await plugin.check(URN, {}, { ...CPX, connection });
    expect(unreachable.failures).toEqual([]);
    expect(isSecret(unreachable.inputs["connection"])).toBe(true);
    const { outputs } = await plugin.create(URN, unreachable.inputs, { preview: true });
    expect(isSecret(outputs["connection"])).toBe(true);
    expect(outputs).toMatchObject({ layout: UNKNOWN, hostId: UNKNOWN });
    const wrong = await plugin.check(
      URN,
      {},
      { ...CPX, connection: secret({ host: "a b", password: "do not show" }) },
    );
    expect(wrong.failures).toMatchObject([
      { property: "", reason: expect.stringContaining("connection.host") },
    ]);
    expect(JSON.stringify([wrong.failures, plugin.said])).not.toContain("do not show");
  });
});

test("an input that a program made secret is sent back as a secret", async () => {
  await operation(async (plugin) => {
    const { inputs } = await plugin.check(
      URN,
      {},
      { ...CPX, simulation, amdSmiPath: secret("/opt/amd-smi") },
    );
    expect(isSecret(inputs["amdSmiPath"])).toBe(true);
    expect(isSecret(inputs["simulation"])).toBe(false);
  });
});

test("unknown inputs are no mistake, and make unknown outputs", async () => {
  await operation(async (plugin) => {
    const { inputs, failures } = await plugin.check(URN, {}, { ...CPX, simulation: { stateFile: UNKNOWN } });
    expect(failures).toEqual([]);
    expect(inputs).toMatchObject({ layout: UNKNOWN, hostId: UNKNOWN });
  });
});

test("profiles of Device Config Manager have a name that every language can write", async () => {
  await operation(async (plugin) => {
    const gpuConfigProfiles = { all: { profiles: [CPX] } };
    const { inputs, failures } = await plugin.check(URN, {}, { gpuConfigProfiles, simulation });
    expect(failures).toEqual([]);
    expect(inputs["layout"]).toMatchObject({ "0000:0c:00.0": "CPX/NPS1" });
  });
});

test("a type that the plugin does not have is refused by its name", async () => {
  await operation(async (plugin) => {
    await expect(plugin.check("urn:pulumi:dev::cluster::amdgpu:index:Gpu::x", {}, {})).rejects.toThrow(
      "the provider amdgpu has no resource amdgpu:index:Gpu",
    );
  });
});

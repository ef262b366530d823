import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, expect, test } from "vitest";

import { parseImportId } from "../../provider/plugin/import-id.ts";
import { operation, urnOf } from "../support/plugin/operation.ts";
import type { Properties } from "../support/plugin/values.ts";

const URN = urnOf("GpuPartitionConfig", "node1");

let folder: string;
let file: string;
let config: Properties;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "plugin-"));
  file = join(folder, "host.json");
  config = { hosts: { gpu1: { simulation: { stateFile: file, gpus: 4 } } } };
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Somebody has partitioned the host, and has gone. */
async function partitioned(declaration: Properties): Promise<void> {
  const { id, outputs } = await declared(declaration);
  await operation((plugin) => plugin.remove(SOMEBODY, id, outputs), config);
}

const SOMEBODY = urnOf("GpuPartitionConfig", "somebody");

const declared = (declaration: Properties) =>
  operation(async (plugin) => {
    const { inputs } = await plugin.check(SOMEBODY, {}, { host: "gpu1", onDelete: "keep", ...declaration });
    return plugin.create(SOMEBODY, inputs);
  }, config);

const UNIFORM = { computePartition: "CPX", memoryPartition: "NPS4" };
const MIXED = {
  profiles: [
    { computePartition: "CPX", memoryPartition: "NPS1", numGPUsAssigned: 1 },
    { computePartition: "DPX", memoryPartition: "NPS1", numGPUsAssigned: 3 },
  ],
};

test.each([
  ["a uniform layout", UNIFORM],
  ["a mixed layout", MIXED],
])(
  "%s is imported as it is, without a connection, and nothing changes afterwards",
  async (_title, declaration) => {
    await partitioned(declaration);
    const before = readFileSync(file, "utf8");
    const imported = await operation((plugin) => plugin.read(URN, "gpu1"), config);
    expect(readFileSync(file, "utf8")).toBe(before);
    expect(imported.inputs).toMatchObject({ host: "gpu1", ...declaration, status: "Success" });
    for (const name of ["connection", "simulation", "timeouts", "mode"])
      expect(imported.inputs).not.toHaveProperty(name);
    expect(imported.properties).toMatchObject({ handle: { access: { host: "gpu1" } } });
    await operation(async (plugin) => {
      const { inputs, failures } = await plugin.check(URN, imported.inputs, { host: "gpu1", ...declaration });
      expect(failures).toEqual([]);
      expect(await plugin.diff(URN, imported.id, imported.properties, inputs)).toMatchObject({
        changes: false,
      });
      const refreshed = await plugin.read(URN, imported.id, imported.properties, imported.inputs);
      expect(refreshed.properties).toMatchObject({ status: "Success" });
    }, config);
  },
);

test("an imported host that drifts is set back, and is then in the host's record", async () => {
  await partitioned(UNIFORM);
  const imported = await operation((plugin) => plugin.read(URN, "gpu1"), config);
  await partitioned({ ...UNIFORM, computePartition: "QPX" });
  await operation(async (plugin) => {
    const { inputs } = await plugin.check(URN, imported.inputs, { host: "gpu1", ...UNIFORM });
    expect((await plugin.diff(URN, imported.id, imported.properties, inputs)).changes).toBe(true);
    await plugin.update(URN, imported.id, imported.properties, inputs);
  }, config);
  expect(JSON.parse(readFileSync(file, "utf8"))).toMatchObject({
    record: { owners: { "cluster/dev/node1": expect.any(Array) } },
  });
});

test("destroying a host that was only imported leaves it as it is", async () => {
  await partitioned(UNIFORM);
  const imported = await operation((plugin) => plugin.read(URN, "gpu1"), config);
  const { gpus } = JSON.parse(readFileSync(file, "utf8")) as { gpus: unknown };
  await operation((plugin) => plugin.remove(URN, imported.id, imported.properties), config);
  expect(JSON.parse(readFileSync(file, "utf8"))).toMatchObject({ gpus });
});

test("a host whose GPUs another resource declares is not imported", async () => {
  await declared(UNIFORM);
  await expect(operation((plugin) => plugin.read(URN, "gpu1"), config)).rejects.toThrow(
    "cluster/dev/somebody declares its GPUs already",
  );
});

test.each([
  ["gpu1.example", { host: "gpu1.example" }],
  ["ops@10.0.0.1:2222", { host: "10.0.0.1", user: "ops", port: 2222 }],
  ["fe80::1", { host: "fe80::1" }],
])("the id %s names a host", (id, place) => {
  expect(parseImportId(id)).toEqual(place);
});

test.each([
  "ops:hunter2@gpu1",
  "ssh://ops@gpu1",
  '{"host":"gpu1","password":"hunter2"}',
  "-----BEGIN OPENSSH PRIVATE KEY-----",
  "gpu1?password=hunter2",
  "gpu1:hunter2",
])("the id %j may hold a credential, and is refused without being repeated", async (id) => {
  const refused = operation((plugin) => plugin.read(URN, id), config);
  await expect(refused).rejects.toThrow("the id to import must be a host");
  await expect(refused).rejects.not.toThrow(/hunter2|BEGIN/);
});

test("a model cannot be imported", async () => {
  await expect(
    operation((plugin) => plugin.read(urnOf("ModelAllocation", "llama"), "gpu1"), config),
  ).rejects.toThrow("amdgpu:index:ModelAllocation cannot be imported");
});

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, expect, test } from "vitest";

import { UNKNOWN } from "../../provider/wire/unknowns.ts";
import type { TestPlugin } from "../support/plugin/client.ts";
import { operation, urnOf } from "../support/plugin/operation.ts";
import { isSecret, type Properties } from "../support/plugin/values.ts";

const NODE = urnOf("GpuPartitionConfig", "node1");
const LLAMA = urnOf("ModelAllocation", "llama");
const MODEL = {
  model: "meta-llama/Llama-3.1-8B-Instruct",
  precision: "fp8",
  maxModelLen: 8192,
  maxNumSeqs: 8,
};

let folder: string;
let node: Properties;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "plugin-"));
  node = {
    computePartition: "CPX",
    memoryPartition: "NPS1",
    simulation: { stateFile: join(folder, "host.json") },
  };
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

interface InState {
  readonly id: string;
  readonly inputs: Properties;
  readonly outputs: Properties;
}

/** What the engine does with a new resource. */
async function create(plugin: TestPlugin, urn: string, news: Properties): Promise<InState> {
  const { inputs, failures } = await plugin.check(urn, {}, news);
  expect(failures).toEqual([]);
  return { inputs, ...(await plugin.create(urn, inputs)) };
}

const createdBoth = () =>
  operation(async (plugin) => {
    const host = await create(plugin, NODE, node);
    return { host, llama: await create(plugin, LLAMA, { ...MODEL, gpus: [host.outputs["handle"]] }) };
  });

test("the first preview of an empty stack shows the environment of a model on the handle of its host", async () => {
  await operation(async (plugin) => {
    const { inputs } = await plugin.check(NODE, {}, node);
    const { outputs } = await plugin.create(NODE, inputs, { preview: true });
    expect(outputs["handle"]).toMatchObject({ hostId: inputs["hostId"], pending: true });
    expect(JSON.stringify(outputs["handle"])).not.toContain(UNKNOWN);
    const model = await plugin.check(LLAMA, {}, { ...MODEL, gpus: [outputs["handle"]] });
    expect(model.failures).toEqual([]);
    expect(model.inputs).toMatchObject({
      env: { ROCR_VISIBLE_DEVICES: "0" },
      container: UNKNOWN,
      partitionConfig: "node1",
    });
    const shown = await plugin.create(LLAMA, model.inputs, { preview: true });
    expect(shown.outputs).toMatchObject({ container: UNKNOWN, partitionIds: ["0000:0c:00.0"] });
  });
});

test("a model is reserved, read and released through the way that its host was declared with", async () => {
  const { llama } = await createdBoth();
  expect(llama.outputs).toMatchObject({ container: { devices: ["/dev/kfd", "/dev/dri/renderD128"] } });
  expect(isSecret(llama.outputs["hosts"])).toBe(true);
  const read = await operation((plugin) => plugin.read(LLAMA, llama.id, llama.outputs, llama.inputs));
  expect(read.id).toBe(llama.id);
  await operation((plugin) => plugin.remove(LLAMA, llama.id, llama.outputs));
  const gone = await operation((plugin) => plugin.read(LLAMA, llama.id, llama.outputs, llama.inputs));
  expect(gone.id).toBe("");
});

test("nothing changes in a second run, nor with --target on the model, whose host is not checked then", async () => {
  const { host, llama } = await createdBoth();
  const news = { ...MODEL, gpus: [host.outputs["handle"]] };
  await operation(async (plugin) => {
    await plugin.check(NODE, host.inputs, node);
    const { inputs } = await plugin.check(LLAMA, llama.inputs, news);
    expect((await plugin.diff(LLAMA, llama.id, llama.outputs, inputs)).changes).toBe(false);
  });
  await operation(async (plugin) => {
    const { inputs, failures } = await plugin.check(LLAMA, llama.inputs, news);
    expect(failures).toEqual([]);
    expect((await plugin.diff(LLAMA, llama.id, llama.outputs, inputs)).replaces).toEqual([]);
  });
});

const mixed = (changed: number): Properties => ({
  simulation: node["simulation"],
  profiles: [
    { computePartition: "DPX", memoryPartition: "NPS1", gpus: [changed] },
    { computePartition: "CPX", memoryPartition: "NPS1" },
  ],
});

test("a change of the GPU of a model drains it, and that of another GPU does not", async () => {
  const { host, llama } = await createdBoth();
  for (const [changed, drained] of [
    [0, true],
    [7, false],
  ] as const) {
    await operation(async (plugin) => {
      await plugin.check(NODE, host.inputs, mixed(changed));
      const asked = { ...llama.inputs, gpus: UNKNOWN };
      const diff = await plugin.diff(LLAMA, llama.id, llama.outputs, asked, { oldInputs: llama.inputs });
      expect(diff).toMatchObject({ changes: drained, replaces: drained ? ["gpus"] : [] });
    });
  }
});

test("a handle of another stack is placed on with an entry of this provider's inventory", async () => {
  const hosts = { gpu1: { simulation: node["simulation"] } };
  const platform = await operation(
    (plugin) => create(plugin, NODE, { computePartition: "CPX", memoryPartition: "NPS1", host: "gpu1" }),
    { hosts },
  );
  expect(platform.outputs["handle"]).toMatchObject({ access: { host: "gpu1" } });
  const gpus = [platform.outputs["handle"]];
  const application = await operation((plugin) => create(plugin, LLAMA, { ...MODEL, gpus }), { hosts });
  expect(application.outputs).toMatchObject({ partitionConfig: "node1" });
  await operation(async (plugin) => {
    const { failures } = await plugin.check(LLAMA, {}, { ...MODEL, gpus });
    expect(failures).toMatchObject([{ reason: expect.stringContaining('host is "gpu1"') }]);
  });
  const own = await operation((plugin) =>
    plugin.check(LLAMA, {}, { ...MODEL, gpus: [{ handle: gpus[0], simulation: node["simulation"] }] }),
  );
  expect(own.failures).toEqual([]);
});

test("a handle that is none is a failure of the model", async () => {
  await operation(async (plugin) => {
    const { failures } = await plugin.check(LLAMA, {}, { ...MODEL, gpus: [{}] });
    expect(failures).toMatchObject([{ property: "", reason: expect.stringContaining("gpus[0]") }]);
  });
});

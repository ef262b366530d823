import { expect, test } from "vitest";

import { compose, docker, kubernetes, planCapacity, systemd } from "../../provider/index.ts";
import { resolve } from "../../provider/models/resolve.ts";
import { FUNCTIONS } from "../../provider/plugin/functions/table.ts";
import { UNKNOWN } from "../../provider/wire/unknowns.ts";
import type { PluginWorld } from "../support/plugin/client.ts";
import { operation } from "../support/plugin/operation.ts";
import { isSecret, type Properties, secret } from "../support/plugin/values.ts";

const LLAMA = "meta-llama/Llama-3.1-8B-Instruct";

const container = {
  devices: ["/dev/kfd", "/dev/dri/renderD129"],
  groups: ["44", "105"],
  env: { ROCR_VISIBLE_DEVICES: "0" },
};
const { env } = container;

/** No model is looked for on the Hub. */
const world: PluginWorld = (_config, real) => ({
  ...real,
  findModel: (model) => resolve(model, { hub: "off" }),
});

const invoke = (token: string, args: Properties) =>
  operation((plugin) => plugin.invoke(token, args), {}, world);

/** An answer as JSON has it. */
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

test.each([
  ["amdgpu:docker:runArgs", { container }, { args: docker.runArgs(container) }],
  ["amdgpu:docker:containerArgs", { container }, docker.containerArgs(container)],
  ["amdgpu:compose:service", { container }, { service: compose.service(container) }],
  ["amdgpu:systemd:dropIn", { container }, { text: systemd.dropIn(container) }],
  ["amdgpu:systemd:quadlet", { container }, { text: systemd.quadlet(container) }],
  ["amdgpu:kubernetes:privileged", { env }, kubernetes.privileged(env)],
  ["amdgpu:kubernetes:crio", { container }, kubernetes.crio(container)],
])("%s answers what the helper of the npm package does", async (token, args, expected) => {
  expect(await invoke(token, args)).toEqual({ result: expected, failures: [] });
});

test("planCapacity answers what the function of the npm package does", async () => {
  const models = { llama: { model: LLAMA, precision: "fp8", replicas: 2, maxNumSeqs: 8 } } as const;
  const hosts = [
    { name: "a", accelerator: "MI300X", gpus: 2, now: { compute: "SPX", memory: "NPS1" } },
  ] as const;
  const { ok: _ok, ...expected } = (await planCapacity(models, hosts)) as { readonly ok: boolean };
  expect(await invoke("amdgpu:index:planCapacity", { models, hosts })).toEqual({
    result: plain(expected),
    failures: [],
  });
});

test("estimateMemory answers the memory of each device, and where the model was found", async () => {
  const estimate = (args: Properties) =>
    invoke("amdgpu:index:estimateMemory", { model: LLAMA, precision: "fp8", ...args });
  const { result: one } = await estimate({});
  expect(one).toMatchObject({
    model: LLAMA,
    dtype: "fp8",
    tensorParallel: 1,
    memory: {
      summary: expect.stringMatching(/GiB on 1 device$/) as unknown,
      terms: expect.any(Array) as unknown,
    },
    modelSource: { step: "catalog" },
  });
  const { result: two } = await estimate({ tensorParallel: 2 });
  expect(two["weightsBytes"]).toBeLessThan(one["weightsBytes"] as number);
  expect(two).toMatchObject({
    memory: { summary: expect.stringMatching(/on each of 2 devices$/) as unknown },
  });
});

test.each(Object.keys(FUNCTIONS))("%s answers unknown results to unknown arguments", async (token) => {
  const args = {
    host: UNKNOWN,
    container: UNKNOWN,
    env: UNKNOWN,
    model: UNKNOWN,
    models: UNKNOWN,
    hosts: UNKNOWN,
  };
  const { results } = (await FUNCTIONS[token]?.()) ?? { results: [] };
  const wanted = ARGUMENTS[token] ?? ["container"];
  const { result, failures } = await invoke(
    token,
    Object.fromEntries(Object.entries(args).filter(([name]) => wanted.includes(name))),
  );
  expect(failures).toEqual([]);
  expect(result).toEqual(Object.fromEntries(results.map((name) => [name, UNKNOWN])));
});

const ARGUMENTS: Readonly<Record<string, readonly string[]>> = {
  "amdgpu:index:getHost": ["host"],
  "amdgpu:index:estimateMemory": ["model"],
  "amdgpu:index:planCapacity": ["models", "hosts"],
  "amdgpu:kubernetes:privileged": ["env"],
};

const ESTIMATE = "amdgpu:index:estimateMemory";
const PLAN = "amdgpu:index:planCapacity";
const HOST = { name: "a", accelerator: "MI300X", gpus: 1 };

test.each([
  [ESTIMATE, { model: LLAMA, precision: "fp7" }, "precision", /^precision must be one of native, /],
  [ESTIMATE, { model: "no/such-model" }, "model", /no\/such-model/],
  [ESTIMATE, { model: LLAMA, tensorParallel: 3 }, "tensorParallel", /cannot be divided over 3 devices/],
  [ESTIMATE, {}, "model", /^model /],
  [
    PLAN,
    { models: { a: { model: LLAMA, maxNumSeqs: 0 } }, hosts: [HOST] },
    "models.a.maxNumSeqs",
    /must be more than 0/,
  ],
  [PLAN, { models: { a: { model: "no/such-model" } }, hosts: [HOST] }, "models.a.model", /no\/such-model/],
  [
    PLAN,
    { models: {}, hosts: [{ ...HOST, accelerator: "MI1" }] },
    "hosts[0].accelerator",
    /^hosts\[0\]\.accelerator must be one of /,
  ],
  [
    "amdgpu:docker:runArgs",
    { container: { ...container, devices: ["/dev/kfd:rw"] } },
    "container.devices[0]",
    /must be the path of a device file/,
  ],
  ["amdgpu:docker:runArgs", { container: "docker" }, "container", /^container must be an object/],
  [
    "amdgpu:kubernetes:privileged",
    { env: { A: "\0" } },
    "env.A",
    /^env\.A must be a value without control characters/,
  ],
] as const)("%s refuses %j with the path of the argument", async (token, args, property, reason) => {
  const { result, failures } = await invoke(token, args);
  expect(result).toEqual({});
  expect(failures).toEqual([{ property, reason: expect.stringMatching(reason) as unknown }]);
});

test("a function that does not exist is refused", async () => {
  await expect(invoke("amdgpu:index:getGpu", {})).rejects.toThrow(
    "the provider amdgpu has no function amdgpu:index:getGpu",
  );
});

test("what is made of a secret is a secret", async () => {
  const { result } = await invoke("amdgpu:docker:runArgs", { container: secret(container) });
  expect(isSecret(result["args"])).toBe(true);
  const inside = { ...container, env: { TOKEN: secret("hunter2") } };
  const { result: other } = await invoke("amdgpu:systemd:dropIn", { container: inside });
  expect(isSecret(other["text"])).toBe(true);
});

test("a mistake in a secret argument is not shown", async () => {
  const wrong = { ...container, env: { TOKEN: secret("hunter2\0") } };
  const { failures } = await invoke("amdgpu:systemd:dropIn", { container: wrong });
  expect(failures).toEqual([
    {
      property: "container",
      reason: "container cannot be used. What is wrong with it is not shown, because it is a secret",
    },
  ]);
});

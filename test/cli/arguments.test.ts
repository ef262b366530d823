import * as fc from "fast-check";
import { describe, expect, test } from "vitest";

import { parseReplicas } from "../../provider/cli/commands/capacity.ts";
import { parseHostName } from "../../provider/cli/host-name.ts";
import { chooseHost, type HostOptions } from "../../provider/cli/host-options.ts";
import { servingOptions } from "../../provider/cli/serving-options.ts";
import { parseCard, parseSimulated } from "../../provider/cli/simulated-name.ts";
import { sshOptions } from "../../provider/cli/ssh-options.ts";
import { UsageError } from "../../provider/cli/usage-error.ts";
import { directHostSchema } from "../../provider/schema/direct.ts";

const choose = (host: string | undefined, options: HostOptions = {}) => chooseHost(host, options, "/unused");

/** What becomes of a command line; anything but a value or a mistake is thrown. */
function outcomeOf(host: string | undefined, options: HostOptions): "a value" | "a mistake" {
  try {
    directHostSchema.safeParse(choose(host, options).args);
    return "a value";
  } catch (error) {
    if (error instanceof UsageError && error.message !== "") return "a mistake";
    throw error;
  }
}

describe("a host on the command line", () => {
  test.each([
    ["gpu1", { user: undefined, host: "gpu1" }],
    ["ops@gpu1.example", { user: "ops", host: "gpu1.example" }],
    ["ops@example.com@gpu1", { user: "ops@example.com", host: "gpu1" }],
    ["ops@fe80::1%eth0", { user: "ops", host: "fe80::1%eth0" }],
  ])("is read as ssh reads it: %s", (text, name) => {
    expect(parseHostName(text)).toEqual(name);
  });

  test.each(["", "ops@", "@gpu1"])("is refused without a name: %j", (text) => {
    expect(() => parseHostName(text)).toThrow(UsageError);
  });

  test("is this machine where none is given, and none of them is replaced by a simulation", () => {
    expect(choose(undefined)).toEqual({ kind: "local", args: { local: true, mode: "real" } });
    expect(choose("gpu1").args).toEqual({ mode: "real" });
  });

  test("takes the connection of ssh, where an option of its own comes before -o", () => {
    const options = {
      port: "2222",
      login: "ops",
      identity: "key",
      option: ["Port=1", "ConnectTimeout=5", "UserKnownHostsFile known", "user = me"],
      hostKey: "ssh-ed25519 AAAA",
    };
    expect(choose("gpu1", options)).toMatchObject({
      kind: "ssh",
      connection: {
        host: "gpu1",
        port: 2222,
        user: "ops",
        perDialTimeout: 5,
        knownHosts: "known",
        hostKey: "ssh-ed25519 AAAA",
      },
      identity: "key",
    });
    expect(choose("root@gpu1", { login: "ops" })).toMatchObject({ connection: { user: "root" } });
  });

  test("is reached through jump hosts, the first of them directly", () => {
    const common = { user: "ops", knownHosts: "known" };
    const options = {
      jump: "me@bastion:2222,[fe80::1]:23",
      login: "ops",
      option: ["UserKnownHostsFile known", "Port 24"],
      hostKey: "ssh-ed25519 AAAA",
    };
    expect(choose("gpu1", options)).toMatchObject({
      connection: {
        ...common,
        host: "gpu1",
        port: 24,
        proxy: {
          ...common,
          host: "fe80::1",
          port: 23,
          proxy: { ...common, user: "me", host: "bastion", port: 2222 },
        },
      },
    });
    expect(choose("gpu1", options)).not.toHaveProperty("connection.proxy.hostKey");
    expect(choose("gpu1", { jump: "bastion", option: ["Port 24"] })).toMatchObject({
      connection: { proxy: { host: "bastion" } },
    });
    expect(choose("gpu1", { jump: "bastion", option: ["Port 24"] })).not.toHaveProperty(
      "connection.proxy.port",
    );
  });

  test("is simulated as delivered, or as a file", () => {
    expect(choose(undefined, { simulate: "mi300x:2" }).args.simulation).toEqual({
      accelerator: "MI300X",
      gpus: 2,
      stateFile: "/unused",
    });
    expect(choose(undefined, { stateFile: "host.json" }).args).toEqual({
      mode: "simulation",
      simulation: { stateFile: "host.json" },
    });
  });

  test.each<readonly [string, string | undefined, HostOptions]>([
    ["a host and --simulate exclude each other; give one of them", "gpu1", { simulate: "MI300X" }],
    ["--host-key needs a host; give it as [user@]host", undefined, { hostKey: "k" }],
    ["--port needs a host; give it as [user@]host", undefined, { port: "22", simulate: "MI300X" }],
    ["--jump needs a host; give it as [user@]host", undefined, { jump: "bastion" }],
    ['-J takes [user@]host[:port], not ""', "gpu1", { jump: "bastion," }],
    ['-J takes [user@]host[:port], not "bastion:ssh"', "gpu1", { jump: "bastion:ssh" }],
    ['"@bastion" is not a host: write it as [user@]host', "gpu1", { jump: "@bastion" }],
    ['-p takes a whole number, not "ssh"', "gpu1", { port: "ssh" }],
    ['--timeout takes a whole number, not "1s"', "gpu1", { timeout: "1s" }],
    [
      "-o ProxyJump is not supported: choose Port, User, IdentityFile, IdentityAgent, UserKnownHostsFile, StrictHostKeyChecking, ConnectTimeout, ConnectionAttempts",
      "gpu1",
      { option: ["ProxyJump=x"] },
    ],
    ['-o takes Name=value, not "Port"', "gpu1", { option: ["Port"] }],
  ])("is refused in one sentence: %s", (sentence, host, options) => {
    expect(() => choose(host, options)).toThrow(new UsageError(sentence));
  });

  test("is a value that the schema takes or a mistake, whatever is written", () => {
    const text = fc.option(fc.string(), { nil: undefined });
    const options = fc.record(
      {
        port: fc.string(),
        jump: fc.string(),
        option: fc.array(fc.string()),
        simulate: fc.string(),
        timeout: fc.string(),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(text, options, (host, given) => {
        expect(["a value", "a mistake"]).toContain(outcomeOf(host, given));
      }),
    );
  });
});

test("the first of two equal options of ssh counts", () => {
  expect(sshOptions(["Port=1", "Port=2"])).toEqual({ port: 1 });
  expect(sshOptions(["StrictHostKeyChecking no"])).toEqual({ hostKeyChecking: "off" });
  expect(sshOptions(["stricthostkeychecking=accept-new"])).toEqual({});
});

test("GPUs are named by accelerator, count and modes", () => {
  expect(parseSimulated("MI300X")).toEqual({ accelerator: "MI300X", gpus: 8 });
  expect(parseCard("mi355x:dpx/nps2")).toEqual({
    accelerator: "MI355X",
    modes: { compute: "DPX", memory: "NPS2" },
  });
  for (const text of ["MI300X:0", "MI300X:9", "MI300X:x", "MI300X:1:2", "H100", ""])
    expect(() => parseSimulated(text)).toThrow(UsageError);
  for (const text of ["MI300X:CPX", "MI300X:CPX/NPS4:1", "MI300X:"])
    expect(() => parseCard(text)).toThrow(UsageError);
});

test("models have replicas", () => {
  expect(parseReplicas("a/b")).toEqual({ name: "a/b", replicas: 1 });
  expect(parseReplicas("a/b=12")).toEqual({ name: "a/b", replicas: 12 });
  for (const text of ["", "=2", "a=0", "a=x", "a=1=2", "a=1001"])
    expect(() => parseReplicas(text)).toThrow(UsageError);
});

test("options of a model are judged by the schema of a ModelAllocation, under the name of their flag", () => {
  expect(servingOptions({ precision: "fp8", maxModelLen: "4096" })).toEqual({
    precision: "fp8",
    maxModelLen: 4096,
  });
  expect(() => servingOptions({ engine: "tgi" })).toThrow(
    new UsageError('--engine must be one of vllm, sglang (it is "tgi")'),
  );
  expect(() => servingOptions({ maxNumSeqs: "many" })).toThrow(/^--max-num-seqs must be a number/);
  expect(() => servingOptions({ maxNumSeqs: "0" })).toThrow(/^--max-num-seqs must be more than 0/);
});

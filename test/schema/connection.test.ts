import { describe, expect, test } from "vitest";

import { connectionSchema } from "../../provider/schema/connection.ts";
import { type Mistake, sentencesOf, startsOf, unknownFields, wrongTypes } from "./mistakes.ts";

const FULL = {
  host: "gpu1.example",
  port: 2222,
  user: "ops",
  privateKey: "-----BEGIN OPENSSH PRIVATE KEY-----",
  privateKeyPassword: "correct",
  password: "horse",
  agentSocketPath: "/run/agent",
  hostKey: "ssh-ed25519 AAAA",
  knownHosts: "/home/ops/.ssh/known_hosts",
  hostKeyChecking: "strict",
  dialErrorLimit: 3,
  perDialTimeout: 15,
  proxy: { host: "bastion.example", user: "jump", proxy: { host: "outer.example", password: "battery" } },
};

describe("a connection", () => {
  test("needs a host and nothing else; the rest is as in @pulumi/command", () => {
    expect(connectionSchema.parse({ host: "gpu1" })).toEqual({
      host: "gpu1",
      port: 22,
      user: "root",
      hostKeyChecking: "strict",
      dialErrorLimit: 3,
      perDialTimeout: 15,
    });
    expect(sentencesOf(connectionSchema, {})).toEqual(["host is missing; it must be a string"]);
  });

  test("may have all its fields, and several host keys", () => {
    expect(sentencesOf(connectionSchema, FULL)).toEqual([]);
    expect(sentencesOf(connectionSchema, { ...FULL, hostKey: ["ssh-ed25519 AAAA", "ssh-rsa BBBB"] })).toEqual(
      [],
    );
  });

  test.each<Mistake>(wrongTypes(FULL))(
    "with $path of another type has one sentence about it",
    ({ path, input }) => {
      expect(startsOf(sentencesOf(connectionSchema, input), path)).toEqual([`${path} `]);
    },
  );

  test.each<Mistake>(unknownFields(FULL))(
    "with an unknown field has one sentence about it",
    ({ path, input }) => {
      expect(sentencesOf(connectionSchema, input)).toEqual([`${path} is not a known property`]);
    },
  );

  test.each([
    ["host", "", "host must be at least 1 character(s) long"],
    ["port", 0, "port must be at least 1"],
    ["port", 65_536, "port must be at most 65535"],
    ["port", 22.5, "port must be a whole number"],
    ["user", "", "user must be at least 1 character(s) long"],
    ["hostKey", [], "hostKey must be at least 1 element(s)"],
    ["hostKey", ["a", 1], "hostKey[1] must be a string"],
    ["hostKeyChecking", "ask", "hostKeyChecking must be one of strict, off"],
    ["dialErrorLimit", 0, "dialErrorLimit must be at least 1"],
    ["perDialTimeout", 601, "perDialTimeout must be at most 600"],
  ])("with %s out of range (%j) is told the range", (field, value, sentence) => {
    const [found = "", ...more] = sentencesOf(connectionSchema, { ...FULL, [field]: value });
    expect(found.startsWith(sentence)).toBe(true);
    expect(more).toEqual([]);
  });

  test.each([
    "gpu1",
    "gpu1.example.",
    "gpu_1-a.example",
    "10.0.0.1",
    "2001:db8::1",
    "::1",
    "::",
    "fe80::1%eth0",
    "größe.example",
  ])("may be to the host %s", (host) => {
    expect(connectionSchema.parse({ ...FULL, host }).host).toBe(host);
  });

  test.each([
    ["[::1]", "brackets"],
    ["[::1]:22", "port"],
    ["gpu1:22", "port"],
    ["gpu1:", "port"],
    ["root@gpu1", "user"],
    ["root@gpu1:22", "user"],
    ["ssh://gpu1", "scheme"],
    ["ssh://root@gpu1:22/", "scheme"],
    [" gpu1", "blanks"],
    ["gpu1 ", "blanks"],
    ["gpu1 gpu2", "blanks"],
    ["gpu1\n", "blanks"],
    ["-oProxyCommand=x", "dash"],
    ["gpu1/", "letters"],
    ["gpu1,gpu2", "letters"],
    ["$(id)", "letters"],
    ["gpu1\u0000", "letters"],
  ])("to the host %j has one sentence about it, which does not repeat it", (host, word) => {
    const sentences = sentencesOf(connectionSchema, { ...FULL, host });
    expect(startsOf(sentences, "host")).toEqual(["host "]);
    expect(sentences[0]).toContain(word);
    expect(sentences[0]).not.toContain("gpu1");
  });

  test.each(["root", "ops", "DOMAIN\\ops", "ops@example", "first last"])("may be as the user %s", (user) => {
    expect(connectionSchema.parse({ ...FULL, user }).user).toBe(user);
  });

  test.each(["-oProxyCommand=x", "ops\n", "ops\u001B[2J"])(
    "as the user %j has one sentence about it",
    (user) => {
      expect(startsOf(sentencesOf(connectionSchema, { ...FULL, user }), "user")).toEqual(["user "]);
    },
  );

  test("fills in the defaults of each jump host of a chain", () => {
    const { proxy } = connectionSchema.parse(FULL);
    const defaults = { port: 22, hostKeyChecking: "strict", dialErrorLimit: 3, perDialTimeout: 15 };
    const outer = { ...defaults, host: "outer.example", user: "root", password: "battery" };
    expect(proxy).toEqual({ ...defaults, host: "bastion.example", user: "jump", proxy: outer });
  });

  test("names the jump host that has a mistake", () => {
    const outer = { host: "outer", hostKey: "ssh-ed25519 AAAA", hostKeyChecking: "off" };
    expect(sentencesOf(connectionSchema, { ...FULL, proxy: { host: "bastion", proxy: outer } })).toEqual([
      'proxy.proxy.hostKeyChecking is "off", but hostKey is set; remove one of the two',
    ]);
  });

  test("cannot have a key both as text and as a file", () => {
    expect(sentencesOf(connectionSchema, { ...FULL, privateKeyPath: "~/.ssh/id_ed25519" })).toEqual([
      "privateKeyPath conflicts with privateKey; set one of them",
    ]);
    expect(sentencesOf(connectionSchema, { host: "gpu1", privateKeyPath: "~/.ssh/id_ed25519" })).toEqual([]);
  });

  test("cannot both know a host key and check none", () => {
    expect(sentencesOf(connectionSchema, { ...FULL, hostKeyChecking: "off" })).toEqual([
      'hostKeyChecking is "off", but hostKey is set; remove one of the two',
    ]);
  });
});

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

  test("cannot both know a host key and check none", () => {
    expect(sentencesOf(connectionSchema, { ...FULL, hostKeyChecking: "off" })).toEqual([
      'hostKeyChecking is "off" although a hostKey is given; drop one of the two',
    ]);
  });
});

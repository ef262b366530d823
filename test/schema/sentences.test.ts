import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { z } from "zod";

import { allocationArgsSchema } from "../../provider/schema/allocation.ts";
import { partitionArgsSchema } from "../../provider/schema/partition.ts";
import { formatPath, problemsOf } from "../../provider/schema/sentences.ts";
import { pathsIn, sentencesOf, withValue } from "./mistakes.ts";

const PASSWORD = "hunter2";
const KEY =
  "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAABG5vbmU\n-----END OPENSSH PRIVATE KEY-----\n";

const CONNECTION = {
  host: "gpu1",
  user: "ops",
  privateKey: KEY,
  password: PASSWORD,
  hostKey: ["ssh-ed25519 AAAA"],
};
const IDENTITY = { key: "p/s/n", urn: "" };
const PAIR = { computePartition: "CPX", memoryPartition: "NPS4" };

const partition = (args: object): string =>
  sentencesOf(partitionArgsSchema, { ...PAIR, identity: IDENTITY, ...args }).join("\n");

describe("no sentence repeats a key or a password", () => {
  test.each([
    ["in the place of the whole connection", { connection: PASSWORD }, "connection must be an object"],
    ["in a list in its place", { connection: [CONNECTION] }, "connection must be an object"],
    [
      "in a field that wants a number",
      { connection: { ...CONNECTION, port: PASSWORD } },
      "connection.port must be a number",
    ],
    [
      "that is no text",
      { connection: { ...CONNECTION, privateKey: { pem: KEY } } },
      "connection.privateKey must be a string",
    ],
    [
      "in a list of keys",
      { connection: { ...CONNECTION, hostKey: [[KEY]] } },
      "connection.hostKey[0] must be a string",
    ],
    [
      "of a mistyped field",
      { connection: { ...CONNECTION, privatKey: KEY } },
      "connection.privatKey is not a known property",
    ],
    [
      "as the name of a field",
      { connection: { ...CONNECTION, [KEY]: "" } },
      "connection has an unknown property (name withheld",
    ],
    ["beside the connection", { password: PASSWORD }, "password is not a known property"],
    [
      "in the place of a mode",
      { mode: KEY },
      "mode must be one of auto, real, simulation (it is a long text)",
    ],
    [
      "in a connection in the wrong place",
      { simulation: CONNECTION },
      "simulation.host is not a known property",
    ],
    ["in a connection instead of a flag", { local: CONNECTION }, "local must be a boolean"],
    ["instead of a flag", { local: PASSWORD }, "local must be a boolean"],
    [
      "in a connection instead of a list",
      { profiles: CONNECTION },
      "profiles must be an array (it is an object)",
    ],
    [
      "in a connection instead of a text",
      { gpuConfigProfile: CONNECTION },
      "gpuConfigProfile must be a string (it is an object)",
    ],
  ])("%s", (_, args, sentence) => {
    const text = partition(args);
    expect(text).toContain(sentence);
    expect(text).not.toContain(PASSWORD);
    expect(text).not.toContain("b3BlbnNzaC1rZXk");
  });

  test("wherever it stands below the hosts of an allocation", () => {
    const valid = {
      gpus: [],
      hosts: [{ connection: CONNECTION, identity: IDENTITY }],
      model: "m",
      identity: IDENTITY,
    };
    const below = pathsIn(valid).filter(([first]) => first === "hosts");
    const secret = fc.constantFrom<unknown>(PASSWORD, { a: PASSWORD }, [PASSWORD], [[PASSWORD]]);
    fc.assert(
      fc.property(fc.constantFrom(...below), secret, (path, value) => {
        const sentences = sentencesOf(allocationArgsSchema, withValue(valid, path, value));
        expect(sentences.join("\n")).not.toContain(PASSWORD);
      }),
    );
  });
});

describe("a sentence", () => {
  test("repeats short values, and says of others what they are", () => {
    expect(partition({ inUse: "kill" })).toContain('(it is "kill")');
    expect(partition({ timeouts: { set: null } })).toContain("timeouts.set must be a number (it is null)");
    expect(partition({ timeouts: [1] })).toContain("timeouts must be an object (it is an array)");
  });

  test("leads from AMD's new word to the one we use", () => {
    expect(partition({ acceleratorPartition: "CPX" })).toBe(
      "acceleratorPartition is not a known property; it is called computePartition",
    );
  });

  test("of an alternative is about the one that was meant", () => {
    const schema = z.union([z.string(), z.strictObject({ a: z.strictObject({ b: z.number() }) })]);
    expect(sentencesOf(schema, { a: { b: "x" } })).toEqual(['a.b must be a number (it is "x")']);
    expect(sentencesOf(z.strictObject({ x: schema }), { x: 5 })).toEqual([
      "x must be a string or an object (it is 5)",
    ]);
  });

  test("about the whole says so", () => {
    expect(sentencesOf(partitionArgsSchema, "text")).toEqual([
      'the declaration must be an object (it is "text")',
    ]);
    expect(sentencesOf(z.number().multipleOf(2), 3)).toEqual([
      "the declaration must be a multiple of 2 (it is 3)",
    ]);
  });

  test("carries its path for those who need it as data", () => {
    const input = { profiles: [{ ...PAIR, gpus: [true] }], identity: IDENTITY };
    const parsed = partitionArgsSchema.safeParse(input);
    expect(parsed.error && problemsOf(parsed.error, input)).toEqual([
      {
        path: ["profiles", 0, "gpus", 0],
        message: "profiles[0].gpus[0] must be a number or a string (it is true)",
      },
    ]);
  });
});

test("a path is written as in a program", () => {
  expect(formatPath([])).toBe("");
  expect(formatPath(["connection", "hostKey", 0])).toBe("connection.hostKey[0]");
  expect(formatPath(["gpu-config-profiles", "cpx", "profiles", 1, "gpus", 0])).toBe(
    "gpu-config-profiles.cpx.profiles[1].gpus[0]",
  );
});

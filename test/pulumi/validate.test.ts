import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { z } from "zod";

import type { Message } from "../../provider/message.ts";
import { checkOutcome } from "../../provider/operations/checked.ts";
import { validate } from "../../provider/operations/validate.ts";
import { allocationArgsSchema } from "../../provider/schema/allocation.ts";
import { partitionArgsSchema } from "../../provider/schema/partition.ts";
import { UNKNOWN } from "../../provider/wire/unknowns.ts";
import { pathsIn, withValue } from "../schema/mistakes.ts";

const IDENTITY = { key: "project/dev/node1", urn: "urn" };

const PARTITION = {
  connection: { host: "gpu1", port: 22, privateKey: "key", hostKey: ["ssh-ed25519 AAAA"], dialErrorLimit: 3 },
  mode: "auto",
  profiles: [
    { computePartition: "CPX", memoryPartition: "NPS4", numGPUsAssigned: 2 },
    { computePartition: "QPX", memoryPartition: "NPS4", gpus: [3, "0000:0c:00.0"] },
  ],
  skippedGPUs: { ids: [0] },
  gpuClientSystemdServices: { names: ["gpuagent"] },
  timeouts: { set: 100 },
  identity: IDENTITY,
};

const DCM = {
  "gpu-config-profiles": {
    a: { skippedGPUs: { ids: [3] }, profiles: [{ computePartition: "CPX", memoryPartition: "NPS4" }] },
    b: { profiles: [{ computePartition: "SPX", memoryPartition: "NPS1" }] },
  },
  gpuConfigProfile: "a",
  identity: IDENTITY,
};

const ALLOCATION = {
  gpus: [{ hostId: "h", layout: {}, partitions: [], memoryDomains: [] }],
  hosts: [{ connection: { host: "gpu1" }, identity: IDENTITY }],
  model: { name: "m", layers: 1, hidden: 8, heads: 2, ffn: 8, vocab: 8, experts: { count: 2, active: 1 } },
  tensorParallel: 2,
  pin: { gpus: ["0000:0c:00.0"] },
  identity: IDENTITY,
};

const CASES: readonly (readonly [title: string, schema: z.ZodType, valid: object])[] = [
  ["a GpuPartitionConfig", partitionArgsSchema, PARTITION],
  ["a GpuPartitionConfig with AMD's file", partitionArgsSchema, DCM],
  ["a ModelAllocation", allocationArgsSchema, ALLOCATION],
];

describe.each(CASES)("%s", (_, schema, valid) => {
  test("that is known and right is handed on with its defaults", () => {
    expect(validate(schema, valid)).toEqual({ state: "known", args: schema.parse(valid) });
  });

  test("with a value that is not known yet is right so far, wherever that value stands", () => {
    for (const path of pathsIn(valid)) {
      expect([path, validate(schema, withValue(valid, path, UNKNOWN))]).toEqual([path, { state: "unknown" }]);
    }
  });

  test("with several values that are not known yet is right so far", () => {
    fc.assert(
      fc.property(fc.subarray([...pathsIn(valid)], { minLength: 1 }), (paths) => {
        // Deeper ones first: a container that is not known has nothing in it.
        const inputs = paths
          .toSorted((a, b) => b.length - a.length)
          .reduce<unknown>((value, path) => withValue(value, path, UNKNOWN), valid);
        expect(validate(schema, inputs)).toEqual({ state: "unknown" });
      }),
    );
  });
});

const failuresOf = (inputs: object): readonly Message[] => {
  const validated = validate(partitionArgsSchema, inputs);
  return validated.state === "wrong" ? validated.failures : [];
};

const problemsOf = (inputs: object): readonly string[] => failuresOf(inputs).map(({ text }) => text);

describe("a mistake", () => {
  test("is told although other values are not known yet", () => {
    const inputs = {
      ...PARTITION,
      connection: { ...PARTITION.connection, host: UNKNOWN, port: 0 },
      inUse: "kill",
    };
    expect(problemsOf(inputs)).toEqual([
      "connection.port must be at least 1",
      'inUse must be one of refuse, wait (it is "kill")',
    ]);
  });

  test("in a value that is not known yet is reported once the value is known", () => {
    const inputs = { ...PARTITION, skippedGPUs: UNKNOWN };
    expect(validate(partitionArgsSchema, inputs).state).toBe("unknown");
    expect(validate(partitionArgsSchema, { ...inputs, skippedGPUs: { ids: ["x"] } }).state).toBe("wrong");
  });

  test("names no property: the engine would print that property's value, secrets in clear", () => {
    const inputs = { ...PARTITION, connection: { ...PARTITION.connection, privateKey: 5 } };
    expect(problemsOf(inputs)).toEqual(["connection.privateKey must be a string"]);
    const { failures: found } = checkOutcome(
      { inputs, failures: failuresOf(inputs), notes: [] },
      () => undefined,
    );
    expect(found).toEqual([{ property: "", reason: "connection.privateKey must be a string" }]);
  });
});

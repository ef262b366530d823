import { fileURLToPath } from "node:url";

import * as pulumi from "@pulumi/pulumi";
import { GpuPartitionConfig } from "pulumi-amd-gpu";
import { beforeAll, describe, expect, it } from "vitest";

const ARGS = { computePartition: "CPX", memoryPartition: "NPS1" } as const;
const HERE = fileURLToPath(import.meta.url);

describe("the constructor of a resource", () => {
  const taken: pulumi.runtime.MockResourceArgs[] = [];
  const called: string[] = [];
  beforeAll(async () => {
    await pulumi.runtime.setMocks({
      newResource: (args) => {
        taken.push(args);
        return { id: `${args.name}-id`, state: args.inputs };
      },
      call: ({ token, inputs }) => {
        called.push(token);
        return inputs as object;
      },
    });
  });

  it("registers a dynamic resource whose code is the bridge", async () => {
    const gpus = new GpuPartitionConfig("node1", ARGS);
    await new Promise((resolve) => gpus.id.apply(resolve));
    expect(taken.at(-1)?.type).toBe("pulumi-nodejs:dynamic/amdgpu:GpuPartitionConfig");
    expect(taken.at(-1)?.inputs["__provider"]).toContain(".runtime.partition.check(olds, news)");
  });

  it("contacts nobody in a user's unit test: no host, and no provider but the mocks", async () => {
    const connection = { host: "gpu1.invalid", user: "ops", password: "secret" };
    const gpus = new GpuPartitionConfig("node2", { connection, ...ARGS });
    await new Promise((resolve) => gpus.id.apply(resolve));
    expect(called).toEqual([]);
    expect(taken.at(-1)?.inputs["observation"]).toBeUndefined();
  });

  it("says where in the program it was called wrongly", () => {
    const { stackTraceLimit } = Error;
    let failure: unknown;
    try {
      new GpuPartitionConfig(undefined as unknown as string, ARGS);
    } catch (error) {
      failure = error;
    }
    expect((failure as Error).message).toContain("name");
    expect((failure as Error).stack).toContain(HERE);
    expect(Error.stackTraceLimit).toBe(stackTraceLimit);
  });
});

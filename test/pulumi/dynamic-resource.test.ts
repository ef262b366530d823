import { fileURLToPath } from "node:url";

import * as pulumi from "@pulumi/pulumi";
import { GpuPartitionConfig } from "pulumi-amd-gpu";
import { beforeAll, describe, expect, it } from "vitest";

const ARGS = { computePartition: "CPX", memoryPartition: "NPS1" } as const;
const HERE = fileURLToPath(import.meta.url);

describe("the constructor of a resource", () => {
  const taken: pulumi.runtime.MockResourceArgs[] = [];
  beforeAll(async () => {
    await pulumi.runtime.setMocks({
      newResource: (args) => {
        taken.push(args);
        return { id: `${args.name}-id`, state: args.inputs };
      },
      call: () => {
        throw new Error("nothing is called under a unit test's mocks");
      },
    });
  });

  it("registers a dynamic resource whose code is the bridge", async () => {
    const gpus = new GpuPartitionConfig("node1", ARGS);
    await new Promise((resolve) => gpus.id.apply(resolve));
    expect(taken.at(-1)?.type).toBe("pulumi-nodejs:dynamic/amdgpu:GpuPartitionConfig");
    expect(taken.at(-1)?.inputs["__provider"]).toContain(".runtime.partition.check(olds, news)");
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

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { capabilityOf } from "../../provider/detection/capability.ts";
import { observeHost } from "../../provider/detection/observe.ts";
import { pooledExecutor } from "../../provider/remote/pool.ts";
import { connectionSchema } from "../../provider/schema/connection.ts";
import { type FakeNode, startFakeNode } from "../support/fake-node/start.ts";

describe("a look at an 8 x MI300X host", () => {
  let node: FakeNode;
  beforeAll(async () => {
    node = await startFakeNode({ gpus: 8, rocm: "7.2" });
  });
  afterAll(() => node.stop());

  it("finds everything in one connection and one exec", async () => {
    node.resetCounts();
    const observation = await observeHost(pooledExecutor(connectionSchema.parse(node.connection)), 30_000);

    expect(node.counts()).toEqual({ connections: 1, execs: 1 });
    expect(observation.gpus).toHaveLength(8);
    expect(observation.problems).toEqual([]);
    expect(capabilityOf(observation, "auto").level).toBe("REAL_PARTITIONING");
  });
});

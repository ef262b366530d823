import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";

import { capabilityOf } from "../../provider/detection/capability.ts";
import { observeHost } from "../../provider/detection/observe.ts";
import type { Executor } from "../../provider/remote/executor.ts";
import { type FakeNode, startFakeNode } from "../support/fake-node/start.ts";
import type { Overrides } from "../support/fake-node/state.ts";
import { executorTo, OBSERVE_MS } from "./observe-node.ts";

describe("a host that contradicts itself", () => {
  let node: FakeNode;
  let executor: Executor;
  beforeAll(async () => {
    node = await startFakeNode({ gpus: 2, rocm: "7.2", user: "ops" });
    executor = executorTo(node);
  });
  afterEach(() => node.change((state) => ({ ...state, faults: [], overrides: { files: {}, outputs: {} } })));
  afterAll(() => node.stop());

  const problemsWith = async (overrides: Partial<Overrides>): Promise<readonly string[]> => {
    await node.change((state) => ({ ...state, overrides: { files: {}, outputs: {}, ...overrides } }));
    return (await observeHost(executor, OBSERVE_MS)).problems;
  };

  test("has the GPU and both answers named when sysfs and amd-smi report other compute modes", async () => {
    const files = { "/sys/bus/pci/devices/0000:22:00.0/current_compute_partition": "CPX\n" };
    expect(await problemsWith({ files })).toEqual([
      "0000:22:00.0 is CPX/NPS1 in sysfs but SPX/NPS1 in amd-smi",
      "0000:22:00.0 in CPX/NPS1 should have 8 logical devices but has 1",
    ]);
  });

  test("cannot have two memory modes", async () => {
    const files = { "/sys/bus/pci/devices/0000:22:00.0/current_memory_partition": "NPS4\n" };
    expect(await problemsWith({ files })).toEqual([
      "0000:22:00.0 is SPX/NPS4 in sysfs but SPX/NPS1 in amd-smi",
      "the GPUs report different memory modes (NPS1, NPS4), but one driver has one memory mode",
    ]);
  });

  test("has a command named that prints something else", async () => {
    const outputs = {
      "static --asic --driver --partition --json": {
        stdout: "Traceback\n",
        stderr: "KeyError: 'x'\n",
        code: 1,
      },
    };
    expect(await problemsWith({ outputs })).toEqual([
      "`amd-smi static` printed JSON of an unknown structure; it printed \"Traceback KeyError: 'x'\"",
    ]);
  });

  test("whose amd-smi hangs is read in half of the time given, and nothing is left running", async () => {
    await node.change((state) => ({ ...state, faults: [{ on: "read", does: "hang" }] }));
    const observation = await observeHost(executor, 8000);
    expect(observation.amdSmi).toMatchObject({ state: "failing", reason: "`amd-smi version` hangs" });
    expect(capabilityOf(observation, "auto").level).toBe("NONE");
    expect(observation.gpus).toHaveLength(2);
    const left = await executor.run({ argv: ["pgrep", "-f", "[a]md-smi"] }, { timeoutMs: OBSERVE_MS });
    expect(left.stdout).toBe("");
  });
});

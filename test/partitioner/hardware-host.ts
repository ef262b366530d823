import { observeHost } from "../../provider/detection/observe.ts";
import { parseHostRecord } from "../../provider/host-record/record.ts";
import { hardwarePartitioner, type HardwareTimeouts } from "../../provider/partitioner/hardware/hardware.ts";
import type { Executor } from "../../provider/remote/executor.ts";
import { createSshPool } from "../../provider/remote/pool.ts";
import { connectionSchema } from "../../provider/schema/connection.ts";
import { type FakeNode, type FakeNodeOptions, startFakeNode } from "../support/fake-node/start.ts";
import type { NodeState } from "../support/fake-node/state.ts";
import type { HostUnderTest } from "./host-under-test.ts";

const RECORD = "/var/lib/pulumi-amd-gpu";

const TIMEOUTS: HardwareTimeouts = { observe: 30_000, set: 30_000, reload: 30_000, lock: 10_000 };

export interface HardwareHost extends HostUnderTest {
  readonly node: FakeNode;
  /** Opened with other limits. @param between stands between the provider and its connection. @default nothing does */
  openWith(
    timeouts: Partial<HardwareTimeouts>,
    between?: (executor: Executor) => Executor,
  ): ReturnType<HostUnderTest["open"]>;
  /** Changes the host as only a test can. */
  set(changes: Partial<NodeState>): Promise<void>;
}

/** Two GPUs behind a real sshd; every opening of it has a connection of its own, as every run has. */
export async function hardwareHost(options: FakeNodeOptions): Promise<HardwareHost> {
  const node = await startFakeNode({ gpus: 2, rocm: "7.2", ...options });
  const delivered = node.state();
  const pools: ReturnType<typeof createSshPool>[] = [];
  const close = async (): Promise<void> => {
    await Promise.all(pools.splice(0).map((pool) => pool.closeAll()));
  };
  const openWith: HardwareHost["openWith"] = async (timeouts, between = (executor) => executor) => {
    const pool = createSshPool();
    pools.push(pool);
    const executor = pool.executor(connectionSchema.parse(node.connection));
    const limits = { ...TIMEOUTS, ...timeouts };
    const seen = await observeHost(executor, limits.observe);
    return hardwarePartitioner(between(executor), seen, limits);
  };
  const set = async (changes: Partial<NodeState>): Promise<void> => {
    await node.change((state) => ({ ...state, ...changes }));
  };
  return {
    node,
    openWith,
    set,
    open: (lockMs) => openWith(lockMs === undefined ? {} : { lock: lockMs }),
    modes: () => {
      const { gpus, memory } = node.state();
      return gpus.map((gpu) => `${gpu.compute}/${memory}`).join(" ");
    },
    drift: (number, compute) =>
      set({
        gpus: node.state().gpus.map((gpu, position) => (position === number ? { ...gpu, compute } : gpu)),
      }),
    record: () => {
      const text = node.readFile(`${RECORD}/host.json`);
      return text === undefined ? undefined : parseHostRecord(text, "host.json");
    },
    reset: async () => {
      await close();
      await node.releaseGpus(node.state().processes.map((process) => process.pid));
      await set({ ...delivered, processes: [], generation: node.state().generation + 1 });
      node.removeFile(RECORD);
      node.clearCommands();
    },
    stop: async () => {
      await close();
      await node.stop();
    },
  };
}

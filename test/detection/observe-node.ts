import type { HostObservation } from "../../provider/detection/observation.ts";
import { observeHost } from "../../provider/detection/observe.ts";
import type { Executor } from "../../provider/remote/executor.ts";
import { pooledExecutor } from "../../provider/remote/pool.ts";
import { connectionSchema } from "../../provider/schema/connection.ts";
import { type FakeNode, type FakeNodeOptions, startFakeNode } from "../support/fake-node/start.ts";

export const OBSERVE_MS = 60_000;

export const executorTo = (node: FakeNode): Executor =>
  pooledExecutor(connectionSchema.parse(node.connection));

export interface Look {
  readonly observation: HostObservation;
  /** What the look cost, as the host's server counted. */
  readonly counts: ReturnType<FakeNode["counts"]>;
}

/** Starts a host, looks at it once, and stops it. */
export async function observeNode(options: FakeNodeOptions): Promise<Look> {
  const node = await startFakeNode(options);
  const executor = executorTo(node);
  try {
    const observation = await observeHost(executor, OBSERVE_MS);
    return { observation, counts: node.counts() };
  } finally {
    await executor.close();
    await node.stop();
  }
}

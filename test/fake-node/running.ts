import { afterEach } from "vitest";

import {
  type FakeNode,
  type FakeNodeOptions,
  startFakeNode,
  startFakeNodes,
} from "../support/fake-node/start.ts";

const running: FakeNode[] = [];

/** A host that ends with the test. */
export const start = async (options: FakeNodeOptions = {}): Promise<FakeNode> => {
  const node = await startFakeNode(options);
  running.push(node);
  return node;
};

export const startFleet = async (
  count: number,
  options: FakeNodeOptions = {},
): Promise<readonly FakeNode[]> => {
  const nodes = await startFakeNodes(count, options);
  running.push(...nodes);
  return nodes;
};

afterEach(async () => {
  await Promise.all(running.splice(0).map((node) => node.stop()));
});

/** sh: both modes of the first GPU, a line each. */
export const BOTH_MODES =
  "cat /sys/class/drm/card1/device/current_compute_partition /sys/class/drm/card1/device/current_memory_partition";
/** sh: the number of GPU nodes in KFD. */
export const KFD_GPUS = "grep -l '^simd_count [1-9]' /sys/class/kfd/kfd/topology/nodes/*/properties | wc -l";

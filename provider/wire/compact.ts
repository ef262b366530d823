import type { GpuChange, Plan } from "../partitioner/plan/plan.ts";
import type { DeviceNodes } from "../schema/allocation.ts";
import {
  type DeviceRun,
  deviceRuns,
  devicesOf,
  type DomainRun,
  domainRuns,
  domainsOf,
  renderNodeRuns,
  renderNodesOf,
} from "../schema/device-runs.ts";
import type { Bdf } from "../topology/layout.ts";
import type { Properties } from "./handler.ts";
import { sameValue } from "./unknowns.ts";

/*
 * How the large fields of a GpuPartitionConfig stand in inputs and in state: what is alike is written once. The resource's
 * outputs in a program are the long forms. Version 0.1.0 wrote those into state too, so every reader takes both.
 */

/** A plan as the outputs of a resource have it. */
export interface NumberedPlan extends Plan {
  /**
   * 1 for the first plan of a resource; each later one has one more. The plan of a drift that comes again is the same but for this
   * number, by which the engine sees that there is something to do. Absent in a state of version 0.1.0.
   */
  readonly revision?: number;
}

/** The same change of several GPUs. */
type GpuChanges = Omit<GpuChange, "gpu"> & { readonly gpus: readonly Bdf[] };

export type CompactPlan = Omit<NumberedPlan, "gpus"> & { readonly gpus: readonly GpuChanges[] };

export function compactPlan(plan: NumberedPlan): CompactPlan {
  const groups: { rest: Omit<GpuChange, "gpu">; gpus: Bdf[] }[] = [];
  for (const { gpu, ...rest } of plan.gpus) {
    const group = groups.find((one) => sameValue(one.rest, rest));
    if (group) group.gpus.push(gpu);
    else groups.push({ rest, gpus: [gpu] });
  }
  return { ...plan, gpus: groups.map(({ rest, gpus }) => ({ ...rest, gpus })) };
}

/** GPUs by PCI address, as `plan` lists them. */
export const expandPlan = (plan: NumberedPlan | CompactPlan): NumberedPlan => ({
  ...plan,
  gpus: plan.gpus
    .flatMap((change) => {
      if (!("gpus" in change)) return [change];
      const { gpus, ...rest } = change;
      return gpus.map((gpu) => ({ ...rest, gpu }));
    })
    .toSorted((a, b) => (a.gpu < b.gpu ? -1 : 1)),
});

/** Properties of any version as this one writes them, so that only a real difference is one. */
export function compactForms(properties: Properties): Properties {
  const { partitions, memoryDomains, deviceNodes, plan } = properties;
  return {
    ...properties,
    ...(isLong(partitions) && { partitions: deviceRuns(devicesOf(partitions as readonly DeviceRun[])) }),
    ...(isLong(memoryDomains) && {
      memoryDomains: domainRuns(domainsOf(memoryDomains as readonly DomainRun[])),
    }),
    ...(isObject(deviceNodes) && { deviceNodes: compactNodes(deviceNodes as DeviceNodes) }),
    ...(isObject(plan) && { plan: compactPlan(expandPlan(plan as NumberedPlan)) }),
  };
}

/** `nodes` may be short already. */
export const compactNodes = (nodes: DeviceNodes): DeviceNodes => ({
  ...nodes,
  renderNodes: renderNodeRuns(renderNodesOf(nodes.renderNodes)),
});

export const expandNodes = (nodes: DeviceNodes): DeviceNodes => ({
  ...nodes,
  renderNodes: renderNodesOf(nodes.renderNodes),
});

/** What is not known yet is text. */
const isObject = (value: unknown): value is object => typeof value === "object" && value !== null;

const isLong = (value: unknown): value is readonly object[] =>
  Array.isArray(value) && value.some((one: object) => !("ids" in one));

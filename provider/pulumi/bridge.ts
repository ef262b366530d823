import type * as pulumi from "@pulumi/pulumi";

/**
 * All of ours that Pulumi ever serialises into state: the name of a kind and a late import. The text is run by every later
 * version of this package, in refresh and destroy without the user's program, so it must stay as small and plain as this;
 * what it calls (`runtime`, its methods and their arguments) is a persisted contract.
 *
 * One object per kind, at module level: Pulumi serialises each object once.
 */
const bridge = (kind: "partition" | "allocation"): pulumi.dynamic.ResourceProvider => ({
  check: async (olds, news) => (await import("pulumi-amd-gpu/runtime")).runtime[kind].check(olds, news),
  diff: async (id, olds, news) => (await import("pulumi-amd-gpu/runtime")).runtime[kind].diff(id, olds, news),
  create: async (inputs) => (await import("pulumi-amd-gpu/runtime")).runtime[kind].create(inputs),
  update: async (id, olds, news) =>
    (await import("pulumi-amd-gpu/runtime")).runtime[kind].update(id, olds, news),
  read: async (id, props) => (await import("pulumi-amd-gpu/runtime")).runtime[kind].read(id, props),
  delete: async (id, props) => (await import("pulumi-amd-gpu/runtime")).runtime[kind].delete(id, props),
});

export const partitionBridge = bridge("partition");
export const allocationBridge = bridge("allocation");

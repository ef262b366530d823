import { defineMessages } from "../../message.ts";
import type { Plan } from "../../partitioner/plan/plan.ts";
import { describeStep } from "../../partitioner/plan/step.ts";

/** What preview and update say of a GpuPartitionConfig besides what its host says. */
export const partitionMessages = defineMessages({
  /** Why, each GPU, each step, and whom it hurts. */
  plan: ({ plan }: { readonly plan: Plan }) =>
    [
      plan.reason,
      ...plan.gpus.map((change) => `GPU ${change.gpu}: ${change.summary}`),
      ...plan.steps.map((step, number) => `step ${number + 1}: ${describeStep(step)}`),
      plan.blastRadius.summary,
    ].join("\n"),
  "host-record-repair": ({ key }: { readonly key: string }) =>
    `the host record does not list the GPUs of ${key}; the update adds them`,
  "boot-unit-install": ({ unit }: { readonly unit: string }) =>
    `install ${unit}, which sets these modes again at every boot`,
  "boot-unit-remove": ({ unit }: { readonly unit: string }) => `remove ${unit}: the next boot sets no modes`,
  "restarted-without-persist": () =>
    "the host was rebooted since the last change, and modes do not survive a reboot without `persist: true`",
  "cannot-be-partitioned": ({
    host,
    reason,
    simulated,
  }: {
    readonly host: string;
    readonly reason: string;
    /** The resource has simulated the host until now. */
    readonly simulated?: "before";
  }) =>
    `${host} cannot be partitioned: ${reason}${simulated === undefined ? "" : '; until now this resource simulated the host. Set mode: "simulation" to keep the simulation; the resource can still be refreshed and destroyed'}`,
  "nothing-to-import": ({ hostId, reason }: { readonly hostId: string; readonly reason: string }) =>
    `${hostId} has no GPU whose partition modes can be imported: ${reason}`,
  "import-owned": ({ hostId, owners }: { readonly hostId: string; readonly owners: readonly string[] }) =>
    `${hostId} cannot be imported: ${owners.join(", ")} declares its GPUs already. Remove it there with onDelete: "keep" first`,
  "import-refused": ({ reason }: { readonly reason: string }) => `the host cannot be imported: ${reason}`,
  "simulated-before": ({ reason }: { readonly reason: string }) =>
    `until now this resource simulated the host; the update changes the real host (${reason}). Set mode: "simulation" to keep the simulation`,
  "gpus-not-restored": ({ gpus }: { readonly gpus: readonly string[] }) =>
    `cannot restore ${gpus.join(", ")}: the host does not show ${gpus.length === 1 ? "it" : "them"}`,
  /** A mistake in what is declared that only the host shows. */
  declaration: ({ path, problem }: { readonly path: string; readonly problem: string }) =>
    `${path} ${problem}`,
  "simulated-instead": ({ reason }: { readonly reason: string }) => `SIMULATION: ${reason}`,
  /** Said by detection or by the plan, whose sentence it is. */
  "host-note": ({ note }: { readonly note: string }) => note,
  "driver-is-loaded-first": ({ change }: { readonly change: string }) =>
    `${change}; the amdgpu driver is not loaded; this update loads it first`,
  "unreachable-keeps-layout": ({ reason }: { readonly reason: string }) =>
    `${reason}; using the last known layout`,
  "unreachable-plans-later": ({ reason }: { readonly reason: string }) =>
    `${reason}; planning is deferred until the host is reachable`,
  /** The host refuses, or its settings do: waiting does not help. */
  "host-refused": ({ reason }: { readonly reason: string }) => reason,
  "restore-left-to-others": ({
    gpus,
    owners,
  }: {
    readonly gpus: readonly string[];
    readonly owners: readonly string[];
  }) =>
    `${gpus.join(", ")} ${gpus.length === 1 ? "keeps its modes" : "keep their modes"}: ${owners.join(", ")} also ${owners.length === 1 ? "declares" : "declare"} GPUs of this host, and the last of these resources to be destroyed restores the modes`,
});

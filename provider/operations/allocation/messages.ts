import { defineMessages } from "../../message.ts";

/** Why a model is not reserved where the plan has it. */
export const reserveMessages = defineMessages({
  "host-not-given": ({ hostId }: { readonly hostId: string }) =>
    `gpus does not include host ${hostId}, which has the model's devices`,
  "no-place-yet": () =>
    "the model has no placement: its host was not reachable during planning; run again when the host is reachable",
  /** The engine brings a drained model back with its old inputs when `--target` or `--exclude` leaves it out. */
  "left-out": () =>
    "--target or --exclude leaves the model out of this run, and its devices no longer exist; run pulumi up without that option to place the model",
  "host-changing": ({ key }: { readonly key: string }) =>
    `${key} is changing the partitions of this host; run again when that change is complete`,
  "reservations-changed": ({
    violation,
    near,
  }: {
    /** The rule that does not hold any more. */
    readonly violation: string;
    /** Keys of the reservations on the same devices. */
    readonly near: readonly string[];
  }) =>
    `reservations on the host changed since the plan was computed (${violation}; now reserved there: ${near.join(", ")}); preview again`,
});

/** What preview says of a ModelAllocation. */
export const allocationMessages = defineMessages({
  placed: ({
    model,
    partitionConfig,
    explanation,
  }: {
    readonly model: string;
    /** Named where the model has several to choose from. */
    readonly partitionConfig: string | undefined;
    readonly explanation: readonly string[];
  }) =>
    `${model} ${partitionConfig === undefined ? "" : `in ${partitionConfig}, `}${explanation.join("\n  ")}`,
  "model-found": ({ detail }: { readonly detail: string }) => `found: ${detail}`,
  /** Said by the scheduler, whose sentence it is. */
  "placement-note": ({ note }: { readonly note: string }) => note,
  "placement-warning": ({ note }: { readonly note: string }) => note,
  "unreserved-use": ({ sentence }: { readonly sentence: string }) => sentence,
  "estimate-higher": ({
    id,
    held,
    now,
  }: {
    readonly id: string;
    /** Of each device, as reserved by an earlier release. */
    readonly held: string;
    /** What this release estimates. */
    readonly now: string;
  }) =>
    `${id} reserves ${held} per device, but this release estimates ${now}: the reservation stays until an argument of the model changes, and until then the inference engine can run out of memory beside other models`,
  "model-not-found": ({ error }: { readonly error: string }) => error,
  /** Said by the scheduler, in several lines: what failed, the nearest candidates, and what would help. */
  "model-refused": ({ lines }: { readonly lines: readonly string[] }) => lines.join("\n"),
  "host-refused": ({ reason }: { readonly reason: string }) => reason,
  "unreachable-keeps-placement": ({ reason }: { readonly reason: string }) =>
    `${reason}; keeping the last known placement`,
  "unreachable-places-later": ({ reason }: { readonly reason: string }) =>
    `${reason}; placement is deferred until the host is reachable`,
});

interface OtherModes {
  /** "gpus[0]" */
  readonly path: string;
  /** "0000:0c:00.0 (CPX/NPS1 in the handle, SPX/NPS1 on the host)" */
  readonly gpus: readonly string[];
  /** "platform/prod", the stack that declares the GPUs; undefined for the model's own, whose update leaves them out (`--target`). */
  readonly stack: string | undefined;
}

const updated = (stack: string | undefined): string =>
  stack === undefined ? "an update includes the resource that declares it" : `stack ${stack} is updated`;

/** What is said of GPUs that another stack declares. */
export const foreignGpusMessages = defineMessages({
  "no-way-to-host": ({ path, hostId }: { readonly path: string; readonly hostId: string }) =>
    `${path} is a handle without a connection to its host ${hostId}; give { handle, connection }, or { handle, local: true } on that host`,
  "handle-of-other-host": ({
    path,
    hostId,
    found,
  }: {
    readonly path: string;
    readonly hostId: string;
    readonly found: string;
  }) => `${path} is the handle of host ${hostId}, but its connection leads to host ${found}`,
  "gpus-in-other-modes": ({ path, gpus, stack }: OtherModes) =>
    `${path} is out of date for ${gpus.join(", ")}; no model is placed there until ${updated(stack)}`,
  "model-on-other-modes": ({ path, gpus, stack }: OtherModes) =>
    `${path} is out of date for ${gpus.join(", ")}, and the model is placed there; ${stack === undefined ? "include the resource that declares it in this update (--target)" : `update stack ${stack} first`}`,
});

import type { ListedReservation } from "../host-record/listed.ts";
import type { FoundModel } from "../models/shape/shape.ts";
import type { HubAccess } from "../models/sources/hub.ts";
import type { CapacityHost } from "../scheduler/capacity-layouts.ts";
import type { ModelScheduler, ModelSchedulerOptions } from "../scheduler/model-scheduler.ts";
import type { HostLayout } from "../scheduler/occupancy/pool.ts";
import type { CapacityAnswer, CapacityModel } from "../scheduler/plan-capacity.ts";
import type { DirectHostArgs } from "../schema/direct.ts";
import type { ModelArgs } from "../schema/model-spec.ts";
import type { Layout } from "../topology/layout.ts";
import type { Diagnosis } from "./diagnosis/checks.ts";
import type { EstimateOptions, ModelEstimate } from "./estimate.ts";
import type { DirectHost } from "./host.ts";
import type { ListedOwner } from "./owners/listed.ts";

/*
 * The lower-level API, loaded on first use: a Pulumi program that only declares resources should not pay for it at every
 * preview.
 */

/**
 * Observes a host and opens it without Pulumi: what it can do (`capability`), the partitioner for it, and a scheduler on
 * the devices it has now. Without `connection` or `local` it is the embedded simulation.
 */
export async function openHost(args: DirectHostArgs = {}): Promise<DirectHost> {
  const { openDirectHost } = await import("./host.ts");
  return openDirectHost(args);
}

/**
 * Everything that is reserved on a host, whoever reserved it: by which resource of which stack, for what model, how many bytes
 * of which devices, since when, and whether the devices still exist. Observes the host once.
 *
 * @throws HostUnusableError; the errors of a connection, such as HostUnreachableError, when the host does not answer.
 */
export async function listReservations(
  host: Pick<DirectHost, "partitioner" | "capability">,
): Promise<readonly ListedReservation[]> {
  const { reservationsOn } = await import("./reservations.ts");
  return reservationsOn(host);
}

/**
 * Releases one reservation that `listReservations` showed: one whose stack is gone. It must still be the same one, of the same
 * resource, with the same model, on the same devices, since the same time; otherwise nothing is changed.
 *
 * Nobody can tell from the host whether its stack is gone: a stack that still has the model reserves again at its next `up`.
 *
 * @throws ReservationChangedError when it is not there any more, or is another one by now.
 */
export async function releaseReservation(
  host: Pick<DirectHost, "partitioner" | "capability">,
  reservation: ListedReservation,
): Promise<void> {
  const { release } = await import("./reservations.ts");
  return release(host, reservation);
}

/**
 * Who declares the GPUs of a host: which GpuPartitionConfig of which stack, what the GPUs are now and were before the first change
 * came, and what else its stack has there. Observes the host once.
 *
 * @throws HostUnusableError; the errors of a connection, such as HostUnreachableError, when the host does not answer.
 */
export async function listOwners(
  host: Pick<DirectHost, "partitioner" | "capability">,
): Promise<readonly ListedOwner[]> {
  const { ownersOn } = await import("./owners/release.ts");
  return ownersOn(host);
}

/**
 * Forgets one declaration that `listOwners` showed: one whose stack is gone. The modes stay as they are, its unit of `persist` goes,
 * and with the last owner what was before. Under the host's lock, so never while a run changes it.
 *
 * @throws OwnerKeptError when it declares other GPUs by now, its stack has models on the host, or a change of it stopped half-way;
 *   HostLockedError when a run changes the host for longer than `timeouts.lock`.
 */
export async function releaseOwner(
  host: Pick<DirectHost, "partitioner" | "capability">,
  owner: ListedOwner,
): Promise<void> {
  const { releaseOwner: release } = await import("./owners/release.ts");
  return release(host, owner);
}

/** A scheduler on a layout of one's own, such as `buildLayout` makes. */
export async function createScheduler(
  layout: Layout | readonly HostLayout[],
  options?: ModelSchedulerOptions,
): Promise<ModelScheduler> {
  const { ModelScheduler: Scheduler } = await import("../scheduler/model-scheduler.ts");
  return new Scheduler(layout, options);
}

export interface ResolveModelOptions {
  /** The Hugging Face Hub, or that hub is "off". @default what `HF_TOKEN`, `HF_ENDPOINT` and `HF_HUB_OFFLINE` say */
  readonly hub?: HubAccess | "off";
}

/**
 * Finds a model: by its shape, in the catalog, in a local directory or GGUF file, on the Hugging Face Hub (with the optional
 * package `@huggingface/hub`), or by the size in its name, in this order. Only headers are read, never weights. A model that
 * is not found is an answer, not an exception; `scheduleModel` takes either.
 */
export async function resolveModel(model: ModelArgs, options: ResolveModelOptions = {}): Promise<FoundModel> {
  const { resolveArgs } = await import("../models/resolve.ts");
  return resolveArgs(model, options.hub);
}

/** Which layouts of these hosts hold these models, at what spare, with which driver reloads. No host is contacted. */
export async function planCapacity(
  models: Readonly<Record<string, CapacityModel>>,
  hosts: readonly CapacityHost[],
): Promise<CapacityAnswer> {
  const { planCapacity: plan } = await import("../scheduler/plan-capacity.ts");
  return plan(models, hosts);
}

/**
 * Memory of a model on each of its devices, term by term. A model that is not found, or cannot be served so, is an answer, not an
 * exception. `tensorParallel` "auto" counts one rank.
 */
export async function estimateModel(
  model: ModelArgs | FoundModel,
  options: EstimateOptions = {},
): Promise<ModelEstimate> {
  const { estimate } = await import("./estimate.ts");
  return estimate(model, options);
}

/**
 * Checks everything between this machine and a partitioned host, in the order in which it is needed: name, port, host key, login, shell,
 * rights, GPUs, driver, tool, record. A failed check is an answer, not an exception. Changes nothing.
 *
 * @throws ArgumentError
 */
export async function diagnoseHost(args: DirectHostArgs): Promise<Diagnosis> {
  const { diagnose } = await import("./diagnosis/diagnose.ts");
  return diagnose(args);
}

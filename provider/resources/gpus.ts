import * as pulumi from "@pulumi/pulumi";

import type { GpuHandle } from "../wire/gpu-handle.ts";
import type { HostArgs } from "./gpu-partition-config-args.ts";
import { GpuPartitionConfig } from "./gpu-partition-config.ts";
import { type HandleSource, sourceOfHandle } from "./handles.ts";

/** The handle of GPUs that another stack declares, with this stack's own way to their host. */
export interface GpuHandleArgs extends HostArgs {
  /** The output `handle` of a GpuPartitionConfig, as a StackReference has it. */
  readonly handle: pulumi.Input<GpuHandle>;
}

/** Partitioned GPUs of one host: the resource, its output `handle`, or the handle from another stack and how to reach the host. */
export type Gpus = GpuPartitionConfig | GpuHandleArgs | pulumi.Input<GpuHandle>;

/** The GPUs of one host as a model is told of them. */
export interface GivenGpus {
  /** Models that are given GPUs with the same value here are placed one after the other. */
  readonly turn: object;
  /** What is known of the devices. */
  readonly devices: pulumi.Input<unknown>;
  /** How to reach the host. Holds secrets. */
  readonly access: pulumi.Input<unknown>;
}

export const gpusOf = (gpus: Gpus | readonly Gpus[]): readonly GivenGpus[] =>
  (isList(gpus) ? gpus : [gpus]).map(given);

function given(gpus: Gpus): GivenGpus {
  if (gpus instanceof GpuPartitionConfig) return ofConfig(gpus);
  const { handle, ...host } = isHandleArgs(gpus) ? gpus : { handle: gpus };
  const config = sourceOfHandle(handle);
  if (config && Object.keys(host).length === 0) return ofConfig(config);
  const known = pulumi.output(handle);
  return {
    // Each StackReference makes a new Output of the same handle, so all of them in one run of a program stand in one line.
    turn: config ?? (pulumi.runtime.getMonitor() as object | undefined) ?? WITHOUT_ENGINE,
    // Data of another stack: a handle that is missing there is for check to refuse.
    devices: config ? config.handedOn : known.apply((value) => value ?? null),
    access: { ...host, identity: known.apply((value: GpuHandle | undefined) => value?.identity) },
  };
}

/** Under a unit test's mocks. */
const WITHOUT_ENGINE = {};

const ofConfig = (config: HandleSource): GivenGpus => ({
  turn: config,
  devices: config.handedOn,
  access: config.access,
});

const isList = (gpus: Gpus | readonly Gpus[]): gpus is readonly Gpus[] => Array.isArray(gpus);

const isHandleArgs = (gpus: Exclude<Gpus, GpuPartitionConfig>): gpus is GpuHandleArgs =>
  typeof gpus === "object" &&
  gpus !== null &&
  !pulumi.Output.isInstance(gpus) &&
  !(gpus instanceof Promise) &&
  "handle" in gpus;

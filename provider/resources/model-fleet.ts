import * as pulumi from "@pulumi/pulumi";

import type { AntiAffinity } from "../scheduler/occupancy/pool.ts";
import type { Gpus } from "./gpus.ts";
import { identityOf } from "./identity.ts";
import type { ModelAllocationArgs } from "./model-allocation-args.ts";
import { ModelAllocation } from "./model-allocation.ts";

/** One model of a fleet: as for a `ModelAllocation`, without the hosts. */
export interface FleetModelArgs extends Omit<ModelAllocationArgs, "gpus"> {
  /** Number of copies, named "<name>-0", "<name>-1" and so on. @default one, named like the model */
  readonly replicas?: number | undefined;
  /** Anti-affinity of the copies: no two of them on one device, GPU or host. @default they may share */
  readonly apart?: AntiAffinity["level"] | undefined;
}

export interface ModelFleetArgs {
  /** Where the models may be placed: the GPUs of one or several hosts, as for a `ModelAllocation`. */
  readonly gpus: Gpus | readonly Gpus[];
  /** By name, which is that of the allocation too. */
  readonly models: Readonly<Record<string, FleetModelArgs>>;
  /** "when-needed" moves models of this fleet, as few bytes as possible, when not all models fit otherwise. @default "never" */
  readonly rebalance?: "never" | "when-needed" | undefined;
}

/**
 * Many models on many hosts, placed together: the order in which they are declared does not matter, and the whole is packed as
 * tightly as can be proven. Models that have a place keep it.
 */
export class ModelFleet extends pulumi.ComponentResource {
  readonly allocations: Readonly<Record<string, ModelAllocation>>;

  constructor(name: string, args: ModelFleetArgs, options?: pulumi.ComponentResourceOptions) {
    super("amdgpu:index:ModelFleet", name, {}, options);
    const copies = Object.entries(args.models).flatMap(([model, { replicas, apart, ...rest }]) =>
      replicas === undefined
        ? [{ name: model, apart: undefined, args: rest }]
        : Array.from({ length: replicas }, (_, number) => ({
            name: `${model}-${number}`,
            apart: apart && { group: `${name}/${model}`, level: apart },
            args: rest,
          })),
    );
    const fleet = pulumi.output({
      rebalance: args.rebalance ?? "never",
      members: copies.map((copy) => memberOf(this, copy.name, copy.args, copy.apart)),
    });
    const hint = fleet.apply((known) => JSON.stringify(known));
    this.allocations = Object.fromEntries(
      copies.map((copy) => [
        copy.name,
        new ModelAllocation(
          copy.name,
          { ...copy.args, gpus: args.gpus, fleet: hint } as ModelAllocationArgs,
          { parent: this },
        ),
      ]),
    );
    this.registerOutputs({});
  }
}

function memberOf(
  fleet: ModelFleet,
  name: string,
  { engine: _engine, ...args }: Omit<ModelAllocationArgs, "gpus">,
  antiAffinity: AntiAffinity | undefined,
) {
  const key = identityOf(name, "ModelAllocation", { parent: fleet }).then((identity) => identity.key);
  return { ...args, key, ...(antiAffinity && { antiAffinity }) };
}

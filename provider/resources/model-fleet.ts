import * as pulumi from "@pulumi/pulumi";

import type { AntiAffinity } from "../scheduler/occupancy/pool.ts";
import type { Proof } from "../scheduler/solver/proof.ts";
import { shortDigest } from "../wire/short-digest.ts";
import {
  type FleetMemberPlacement,
  type FleetMove,
  movesOf,
  placedTogether,
  placementsOf,
  proofOf,
} from "./fleet-outputs.ts";
import type { Gpus } from "./gpus.ts";
import { identityOf } from "./identity.ts";
import type { ModelAllocationArgs } from "./model-allocation-args.ts";
import { ModelAllocation } from "./model-allocation.ts";

/** One model of a fleet: as for a `ModelAllocation`, without the hosts. */
export interface FleetModelArgs extends Omit<ModelAllocationArgs, "gpus"> {
  /** Number of copies, named `<model>-0`, `<model>-1` and so on. @default one, named `<model>` */
  readonly replicas?: number | undefined;
  /** Anti-affinity of the copies: no two of them share a device, a GPU or a host. @default they may share */
  readonly apart?: AntiAffinity["level"] | undefined;
}

export interface ModelFleetArgs {
  /** GPUs of one or several hosts that may hold the models, as for a `ModelAllocation`. */
  readonly gpus: Gpus | readonly Gpus[];
  /** Arguments of each model by its name. Its allocation is called `<fleet>-<model>`. */
  readonly models: Readonly<Record<string, FleetModelArgs>>;
  /** "when-needed" moves running models of this fleet, as few bytes as possible, if not all have room otherwise. @default "never" */
  readonly rebalance?: "never" | "when-needed" | undefined;
}

/**
 * Many models on many hosts, placed together: the order in which they are declared does not matter, and the whole is packed as
 * tightly as can be proven. Models that have a place keep it.
 */
export class ModelFleet extends pulumi.ComponentResource {
  /** The `ModelAllocation` of each model, by the names in `models`; copies as `<model>-0`. */
  readonly allocations: Readonly<Record<string, ModelAllocation>>;
  /** Placement of each model, by the same names. */
  readonly placements: pulumi.Output<Readonly<Record<string, FleetMemberPlacement>>>;
  /** Running models that the fleet moved when it was placed as it is declared now. */
  readonly moves: pulumi.Output<readonly FleetMove[]>;
  /** How well the fleet is packed, with bounds. Undefined if no model was placed since the fleet was declared as it is now. */
  readonly proof: pulumi.Output<Proof | undefined>;

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
    const nameOf = (member: string): string => `${name}-${member}`;
    const names = new Set(copies.map((copy) => nameOf(copy.name)));
    const members = copies.map((copy) => ({
      ...copy,
      options: {
        parent: this,
        // What version 0.1.0 called it, unless another member is called that now.
        ...(!names.has(copy.name) && { aliases: [{ name: copy.name }] }),
      },
    }));
    const fleet = pulumi.output({
      rebalance: args.rebalance ?? "never",
      members: members.map((member) =>
        memberOf(nameOf(member.name), member.args, member.apart, member.options),
      ),
    });
    const hint = fleet.apply((known) => JSON.stringify(known));
    this.allocations = Object.fromEntries(
      members.map((member) => [
        member.name,
        new ModelAllocation(
          nameOf(member.name),
          { ...member.args, gpus: args.gpus, fleet: hint } as ModelAllocationArgs,
          member.options,
        ),
      ]),
    );
    this.placements = placementsOf(this.allocations);
    const placed = placedTogether(this.allocations, hint.apply(shortDigest));
    this.moves = placed.apply(movesOf);
    this.proof = placed.apply(proofOf);
    this.registerOutputs({});
  }
}

function memberOf(
  name: string,
  { engine: _engine, ...args }: Omit<ModelAllocationArgs, "gpus">,
  antiAffinity: AntiAffinity | undefined,
  options: pulumi.CustomResourceOptions,
) {
  const identity = identityOf(name, "ModelAllocation", options);
  return {
    ...args,
    key: identity.then(({ key }) => key),
    formerKeys: identity.then(({ formerKeys }) => formerKeys),
    ...(antiAffinity && { antiAffinity }),
  };
}

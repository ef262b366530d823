import * as pulumi from "@pulumi/pulumi";

import type { ModelOrigin } from "../models/shape/shape.ts";
import type { ContainerDevices } from "../render/container.ts";
import type { HostedDevice } from "../scheduler/occupancy/pool.ts";
import type { AllocationMemory } from "../wire/allocation-outputs.ts";
import { ALLOCATION_KEYS } from "../wire/allocation-outputs.ts";
import { takeTurn, turnOn } from "./declaration-order.ts";
import { DynamicResource } from "./dynamic-resource.ts";
import { gpusOf } from "./gpus.ts";
import { identityOf, isPreview } from "./identity.ts";
import type { ModelAllocationArgs } from "./model-allocation-args.ts";

/**
 * One model on the logical devices of one GPU, reserved on the host so that no other stack takes the same memory.
 *
 * All outputs are known in preview, `container` aside while the layout it stands on is not in place yet.
 */
export class ModelAllocation extends DynamicResource {
  declare readonly hostId: pulumi.Output<string>;
  /** Name of the GpuPartitionConfig it is on, which says on which host the container belongs. */
  declare readonly partitionConfig: pulumi.Output<string>;
  /** "0000:0c:00.3", in the order of ranks. */
  declare readonly partitionIds: pulumi.Output<readonly string[]>;
  declare readonly devices: pulumi.Output<readonly HostedDevice[]>;
  /** For a process that sees all devices of the host: `{ ROCR_VISIBLE_DEVICES: "3" }`. */
  declare readonly env: pulumi.Output<Readonly<Record<string, string>>>;
  /** For a container that gets only the model's devices. */
  declare readonly container: pulumi.Output<ContainerDevices>;
  /** Flags of the engine that hold it to the estimate. Not readonly: what takes a command in other providers would refuse it. */
  declare readonly engineArgs: pulumi.Output<string[]>;
  /** What the model takes of each device, term by term. */
  declare readonly memory: pulumi.Output<AllocationMemory>;
  /** How the model was found: the step of the search, and what was read. */
  declare readonly modelSource: pulumi.Output<ModelOrigin>;
  /** Why it is where it is, in arithmetic. */
  declare readonly explanation: pulumi.Output<readonly string[]>;

  constructor(name: string, args: ModelAllocationArgs, options?: pulumi.CustomResourceOptions) {
    const { gpus, ...rest } = args;
    const given = gpusOf(gpus);
    const turns = given.map(({ turn }) => turn);
    super(
      "allocation",
      "ModelAllocation",
      name,
      {
        outputs: ALLOCATION_KEYS,
        inputs: {
          ...rest,
          gpus: given.map(({ devices }) => devices),
          hosts: pulumi.secret(given.map(({ access }) => access)),
          preview: isPreview(),
          identity: turnOn(turns).then(() => identityOf(name, "ModelAllocation", options)),
        },
      },
      pulumi.mergeOptions(options, { additionalSecretOutputs: ["hosts"] }),
    );
    takeTurn(turns, this.urn);
  }
}

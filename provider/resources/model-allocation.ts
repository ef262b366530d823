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
  /** Id of the host that has the model. */
  declare readonly hostId: pulumi.Output<string>;
  /** Name of the `GpuPartitionConfig` that has the model. It tells on which host to start the container. */
  declare readonly partitionConfig: pulumi.Output<string>;
  /** Ids of the logical devices in the order of ranks, such as "0000:0c:00.3". */
  declare readonly partitionIds: pulumi.Output<readonly string[]>;
  /** The logical devices in the order of ranks, with all their fields. */
  declare readonly devices: pulumi.Output<readonly HostedDevice[]>;
  /** Environment of a process that sees all devices of the host, such as `{ ROCR_VISIBLE_DEVICES: "3" }`. */
  declare readonly env: pulumi.Output<Readonly<Record<string, string>>>;
  /** Device files, group ids and environment of a container that gets only the devices of the model. */
  declare readonly container: pulumi.Output<ContainerDevices>;
  // Not a readonly array: the arguments of other providers that take a command would refuse it.
  /** Flags of `vllm serve` or `sglang.launch_server` that keep the engine within the estimate, without the model's name. */
  declare readonly engineArgs: pulumi.Output<string[]>;
  /** Estimated memory of the model on each device, in bytes, with its terms. */
  declare readonly memory: pulumi.Output<AllocationMemory>;
  /** How the model was found: `explicit`, `catalog`, `directory`, `hub` or `name`, and what was read. */
  declare readonly modelSource: pulumi.Output<ModelOrigin>;
  /** The arithmetic behind the placement, line by line. */
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

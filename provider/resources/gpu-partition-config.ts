import * as pulumi from "@pulumi/pulumi";

import type { Capability } from "../detection/capability.ts";
import type { AtBoot } from "../partitioner/boot-unit/compare.ts";
import type { DeviceNodes } from "../schema/allocation.ts";
import { type DeviceRun, devicesOf, type DomainRun, domainsOf } from "../schema/device-runs.ts";
import type { LogicalDevice, MemoryDomain } from "../topology/layout.ts";
import { expandNodes, type CompactPlan, expandPlan, type NumberedPlan } from "../wire/compact.ts";
import type { GpuHandle } from "../wire/gpu-handle.ts";
import type { PartitionStatus } from "../wire/partition-outputs.ts";
import { COMPUTED_KEYS } from "../wire/partition-outputs.ts";
import { DynamicResource } from "./dynamic-resource.ts";
import type { GpuPartitionConfigArgs } from "./gpu-partition-config-args.ts";
import { noteHandle } from "./handles.ts";
import { type Identity, identityOf, isPreview } from "./identity.ts";
import { observeEarly } from "./observe-early.ts";

/** The outputs as the engine sends them. */
interface Sent {
  readonly hostId: pulumi.Output<string>;
  readonly layout: pulumi.Output<Readonly<Record<string, string>>>;
  readonly plan: pulumi.Output<CompactPlan>;
  readonly partitions: pulumi.Output<readonly DeviceRun[]>;
  readonly memoryDomains: pulumi.Output<readonly DomainRun[]>;
  readonly deviceNodes: pulumi.Output<DeviceNodes>;
}

/** A unit test's mocks need not answer with every output. */
const ifThere =
  <Short, Long>(long: (value: Short) => Long) =>
  (value: Short | undefined): Long | undefined =>
    value === undefined ? undefined : long(value);

/** A program of many hosts reads few of these, and each is large. */
function whenRead(resource: object, name: string, make: () => pulumi.Output<unknown>): void {
  let made: pulumi.Output<unknown> | undefined;
  Object.defineProperty(resource, name, { enumerable: true, get: () => (made ??= make()) });
}

/**
 * The GPUs of one host, partitioned as declared.
 *
 * Everything the outputs say is known in the first preview already, `status` and `deviceNodes` aside, which only a layout
 * that is in place has.
 */
export class GpuPartitionConfig extends DynamicResource {
  /** Id of the host, the same for each of its names: `host-` and a keyed hash of its machine id. */
  declare readonly hostId: pulumi.Output<string>;
  /** Whether hardware is changed (`REAL_PARTITIONING`) or simulated (`SIMULATION`), and the reason. */
  declare readonly capability: pulumi.Output<Capability>;
  /** Model of the GPUs, such as "MI300X"; several models are joined by commas. */
  declare readonly accelerator: pulumi.Output<string>;
  /** Versions of `amdSmi`, `rocm`, `driver` and `kernel`, as far as the host reports them. */
  declare readonly versions: pulumi.Output<Readonly<Record<string, string>>>;
  /** Modes of the declared GPUs before the plan, by PCI address, such as "SPX/NPS1". After a refresh that found drift: the drifted modes. */
  declare readonly observed: pulumi.Output<Readonly<Record<string, string>>>;
  /** The change that the update makes, or the last one that was made: reason, GPUs, steps and blast radius. */
  declare readonly plan: pulumi.Output<NumberedPlan>;
  /** Modes of the declared GPUs after the plan, by PCI address, such as "CPX/NPS4". */
  declare readonly layout: pulumi.Output<Readonly<Record<string, string>>>;
  /** Logical devices of the declared GPUs. `capacity` is in bytes; `index` is what `ROCR_VISIBLE_DEVICES` counts. */
  declare readonly partitions: pulumi.Output<readonly LogicalDevice[]>;
  /** Memory of the declared GPUs that logical devices share or have alone; `capacity` is in bytes. */
  declare readonly memoryDomains: pulumi.Output<readonly MemoryDomain[]>;
  /** Render node (`/dev/dri/renderD…`) of each logical device, and the ids of the groups that own these files. */
  declare readonly deviceNodes: pulumi.Output<DeviceNodes>;
  /** "Drifted" after a refresh that found other modes. */
  declare readonly status: pulumi.Output<PartitionStatus>;
  /** With `persist`: whether the boot unit is installed on the host. Otherwise undefined. */
  declare readonly atBoot: pulumi.Output<AtBoot | undefined>;
  /** What models in another stack need to know of these GPUs, without credentials. */
  declare readonly handle: pulumi.Output<GpuHandle>;

  /** How the models on these GPUs reach the host. @internal */
  readonly access: pulumi.Output<object>;
  /** What models on these GPUs are told of them, as it is sent and stored. @internal */
  readonly handedOn: pulumi.Inputs;

  constructor(name: string, args: GpuPartitionConfigArgs, options?: pulumi.CustomResourceOptions) {
    const identity = identityOf(name, "GpuPartitionConfig", options);
    const connection = args.connection === undefined ? undefined : pulumi.secret(args.connection);
    const { local, simulation, mode, timeouts, amdSmiPath } = args;
    const preview = isPreview();
    const access = pulumi.output({ connection, local, simulation, mode, timeouts, amdSmiPath, identity });
    super(
      "partition",
      "GpuPartitionConfig",
      name,
      {
        outputs: COMPUTED_KEYS,
        inputs: { ...args, connection, identity, preview, observation: observeEarly(access, options) },
      },
      pulumi.mergeOptions(options, { additionalSecretOutputs: ["connection"] }),
    );
    this.access = access;
    const { hostId, layout, plan, partitions, memoryDomains, deviceNodes } = this as unknown as Sent;
    this.handedOn = { hostId, layout, partitions, memoryDomains, deviceNodes };
    whenRead(this, "handle", () => this.#handle(identity));
    whenRead(this, "plan", () => plan.apply(ifThere(expandPlan)));
    whenRead(this, "partitions", () => partitions.apply(ifThere(devicesOf)));
    whenRead(this, "memoryDomains", () => memoryDomains.apply(ifThere(domainsOf)));
    whenRead(this, "deviceNodes", () => deviceNodes.apply(ifThere(expandNodes)));
  }
  #handle(identity: Promise<Identity>): pulumi.Output<GpuHandle> {
    const handle = pulumi.output({ ...this.handedOn, identity }) as unknown as pulumi.Output<GpuHandle>;
    noteHandle(handle, this);
    return handle;
  }
}

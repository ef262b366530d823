import { ANY, typeRef, type TypeSpec } from "./from-zod.ts";
import { bytes, flag, integer, list, object, of, outputs, text, textMap, texts } from "./specs.ts";

/*
 * What the resources compute, as state has it: the schemas of zod are of inputs. `test/plugin/schema.test.ts` holds these against what
 * the operations return.
 */

const PCI = "by PCI address";

export const PARTITION_OUTPUTS = outputs({
  hostId: text("Identifies the host. It stays the same under every name and address of the host"),
  capability: of("Capability", "Whether the provider changes the hardware or a simulation, and why"),
  accelerator: text('Accelerators of the host: "MI300X"'),
  versions: textMap("Versions of amd-smi, ROCm, the driver and the kernel, as far as the host tells them"),
  observed: textMap(
    `Modes before the last change ${PCI}: "SPX/NPS1". After a refresh that found drift: the modes of the host`,
  ),
  plan: of("Plan", "The last change of the partitions"),
  layout: textMap(`Declared modes ${PCI}: "CPX/NPS4"`),
  partitions: list(typeRef("DeviceRun"), "Logical devices of the declared GPUs"),
  memoryDomains: list(typeRef("DomainRun"), "Memory domains of the declared GPUs"),
  deviceNodes: of("DeviceNodes", "Device files of the logical devices, and the groups that own them"),
  status: text('"Success", or "Drifted" if the host does not have the declared modes'),
  "atBoot?": text('With `persist`: "installed" if the host sets these modes when it boots'),
  handle: of(
    "GpuHandle",
    "The GPUs as the input `gpus` of a ModelAllocation takes them. It holds no credentials",
  ),
});

export const ALLOCATION_OUTPUTS = outputs({
  hostId: text("Host of the model"),
  partitionConfig: text("Name of the GpuPartitionConfig that declares the devices"),
  partitionIds: texts('Logical devices of the model in the order of ranks: "0000:0c:00.3"'),
  devices: list(typeRef("HostedDevice"), "The same devices in full"),
  env: textMap('Environment of a process that sees all devices of the host: `{ROCR_VISIBLE_DEVICES: "3"}`'),
  container: of(
    "ContainerDevices",
    "Devices and environment of a container that gets only the devices of the model",
  ),
  engineArgs: texts("Flags of the inference engine that keep it within the estimate"),
  memory: of("AllocationMemory", "Estimated memory of each device"),
  "modelSource?": { ...ANY, description: "Where the model was found" },
  explanation: texts("Why the model is placed where it is"),
});

export const OUTPUT_TYPES: Readonly<Record<string, TypeSpec>> = {
  Capability: object("What the provider can do with a host.", {
    level: text('"REAL_PARTITIONING", "SIMULATION" or "NONE"'),
    reason: text("Why"),
  }),
  Plan: object("Ordered steps from the modes of a host to the declared modes.", {
    reason: text("Why the host is changed"),
    "revision?": integer("Number of the plan. It grows with each change"),
    gpus: list(typeRef("GpuChanges"), "What changes"),
    steps: list(typeRef("PlanStep"), "The steps in order"),
    blastRadius: of("BlastRadius", "Which workloads the change ends"),
  }),
  GpuChanges: object("The same change of one or more GPUs.", {
    gpus: texts("PCI addresses"),
    accelerator: text("Name of the accelerator"),
    observed: text('Modes before: "SPX/NPS1"'),
    desired: text('Modes after: "CPX/NPS4"'),
    devicesBefore: integer("Logical devices of each GPU before"),
    devicesAfter: integer("Logical devices of each GPU after"),
    capacity: bytes("Memory of each logical device after"),
    summary: text("The change in one line"),
  }),
  PlanStep: object("One step of a plan.", {
    action: text('"setMemoryMode", "reloadDriver" or "setComputeMode"'),
    gpus: texts("PCI addresses of the GPUs"),
    "memory?": text("Memory mode"),
    "compute?": text("Compute mode"),
    "named?": texts("One GPU of each hive"),
    "memoryOf?": texts("GPUs that the driver gives the memory mode to"),
  }),
  BlastRadius: object("Workloads that a change ends.", {
    driverReload: flag("The driver of all GPUs is reloaded"),
    gpus: texts("GPUs whose workloads end"),
    summary: text("The same in one sentence"),
  }),
  DeviceRun: object("Logical devices that differ only in their place, on one or more GPUs.", {
    ids: texts("First device of each GPU"),
    count: integer("Devices of each GPU"),
    index: integer("Position of the first device in the order of the driver"),
    computeUnits: integer("Compute units of each device"),
    capacity: bytes("Memory of each device"),
    domains: texts("Memory domain of the first device of each GPU"),
    perDomain: integer("Devices that share a memory domain"),
  }),
  DomainRun: object("Memory domains that differ only in their place, on one or more GPUs.", {
    ids: texts("First domain of each GPU"),
    count: integer("Domains of each GPU"),
    capacity: bytes("Memory of each domain"),
  }),
  DeviceNodes: object("Device files of a host.", {
    renderNodes: textMap(
      'Device files by logical device. A range such as "/dev/dri/renderD128-135" stands for consecutive devices',
    ),
    groups: texts("Groups that own the files, for containers"),
  }),
  GpuHandle: object("Partitioned GPUs of one host, without credentials.", {
    hostId: text("Host of the GPUs"),
    layout: textMap(`Modes ${PCI}`),
    partitions: list(typeRef("DeviceRun"), "Logical devices"),
    memoryDomains: list(typeRef("DomainRun"), "Memory domains"),
    "deviceNodes?": of("DeviceNodes", "Device files"),
    "identity?": { ...ANY, description: "Name of the GPUs in the record of the host" },
    "pending?": flag("The layout is only planned. Set in previews"),
    "access?": { ...ANY, description: "Name of the host in the configuration of the provider" },
  }),
  HostedDevice: object("A logical device of a host.", {
    hostId: text("Host of the device"),
    id: text('"0000:0c:00.3"'),
    gpu: text("PCI address of its GPU"),
    partition: integer("Number of the partition in the GPU"),
    index: integer("Position in the order of the driver: what ROCR_VISIBLE_DEVICES counts"),
    computeUnits: integer("Compute units"),
    capacity: bytes("Memory"),
    domain: text("Memory domain"),
  }),
  ContainerDevices: object("What a container needs to use the devices of a model.", {
    devices: texts("Device files"),
    groups: texts("Supplementary groups"),
    env: textMap("Environment of the process inside"),
  }),
  AllocationMemory: object("Estimated memory of each device.", {
    perDeviceBytes: bytes("Reserved"),
    best: bytes("Most likely"),
    low: bytes("Lower bound"),
    high: bytes("Upper bound"),
    summary: text("The reservation in one line"),
    terms: list(typeRef("MemoryTerm"), "Parts of the upper bound"),
  }),
  MemoryTerm: object("One part of an estimate.", {
    name: text("Name"),
    bytes: bytes("Size"),
    reason: text("How the size was computed"),
  }),
};

import { ANY, type Spec, typeRef, type TypeSpec } from "./from-zod.ts";
import {
  bytes,
  flag,
  integer,
  list,
  mapOf,
  object,
  of,
  type Outputs,
  outputs,
  text,
  textMap,
  texts,
} from "./specs.ts";

/* What the functions answer. `test/plugin/functions.test.ts` holds these against what they return. */

const parts = (description: string): Spec => mapOf(ANY, description);

export const FUNCTION_OUTPUTS: Readonly<Record<string, Outputs>> = {
  "amdgpu:index:getHost": outputs({
    hostId: text("Identifies the host. It stays the same under every name and address of the host"),
    capability: of("Capability", "Whether the provider can change the hardware, or simulates it, and why"),
    accelerator: text('Accelerators of the host: "MI300X"'),
    versions: textMap("Versions of amd-smi, ROCm, the driver and the kernel, as far as the host tells them"),
    gpus: list(typeRef("HostGpu"), "GPUs in the order of the driver"),
    devices: list(typeRef("HostDevice"), "Logical devices in the order of the driver"),
    memoryDomains: list(typeRef("HostDomain"), "Memory domains"),
    groups: texts("Groups that own the device files, for containers"),
    "declaration?": of(
      "LayoutDeclaration",
      "Inputs of a GpuPartitionConfig that declares the present layout. Absent if no GPU shows its modes",
    ),
    owners: list(typeRef("HostOwner"), "GpuPartitionConfigs that declare GPUs of the host, of all stacks"),
    reservations: list(typeRef("HostReservation"), "Models that have memory of the host, of all stacks"),
    problems: texts("Sentences about the host that a person should read"),
  }),
  "amdgpu:index:estimateMemory": outputs({
    model: text("Name of the model"),
    dtype: text('Precision that the weights are held in: "fp8"'),
    tensorParallel: integer("Logical devices that the model is split over"),
    weightsBytes: bytes("Weights on each device as stored"),
    kvBytes: bytes("KV cache on each device, upper bound"),
    memory: of("AllocationMemory", "Estimated memory of each device"),
    "modelSource?": { ...ANY, description: "Where the model was found" },
  }),
  "amdgpu:index:planCapacity": outputs({
    fits: flag("The first plan holds all models"),
    plans: list(typeRef("CapacityPlan"), "At most five plans, the best first"),
    tried: integer("Number of layouts that were tried"),
    searched: text('"every" layout, or "uniform": with several hosts, all GPUs of one host have one mode'),
  }),
  "amdgpu:docker:runArgs": outputs({ args: texts("Arguments of `docker run` or `podman run`") }),
  "amdgpu:docker:containerArgs": outputs({
    devices: list(typeRef("DockerDevice"), "Device files to map"),
    groupAdds: texts("Supplementary groups"),
    ipcMode: text("IPC namespace"),
    securityOpts: texts("Security options"),
    envs: texts('Environment: "ROCR_VISIBLE_DEVICES=0"'),
  }),
  "amdgpu:compose:service": outputs({
    service: parts("Part of a service, by the names of the Compose specification"),
  }),
  "amdgpu:systemd:dropIn": outputs({ text: text("Text of the drop-in file") }),
  "amdgpu:systemd:quadlet": outputs({ text: text("Section `[Container]` of a Quadlet file") }),
  "amdgpu:kubernetes:privileged": outputs({
    spec: parts("Part of the spec of the Pod"),
    container: parts("Part of the container that serves the model"),
  }),
  "amdgpu:kubernetes:crio": outputs({
    metadata: parts("Part of the metadata of the Pod"),
    spec: parts("Part of the spec of the Pod"),
    container: parts("Part of the container that serves the model"),
  }),
};

const device = {
  id: text('"0000:0c:00.3"'),
  gpu: text("PCI address of its GPU"),
  partition: integer("Number of the partition in the GPU"),
  index: integer("Position in the order of the driver: what ROCR_VISIBLE_DEVICES counts"),
  computeUnits: integer("Compute units"),
  capacity: bytes("Memory"),
  domain: text("Memory domain"),
};

/** How the record of a host names a resource. */
const entry = {
  key: text('"project/stack/name"'),
  project: text("Project"),
  stack: text("Stack"),
  name: text("Name of the resource"),
};

export const FUNCTION_TYPES: Readonly<Record<string, TypeSpec>> = {
  HostGpu: object("A GPU of a host.", {
    gpu: text("PCI address"),
    accelerator: text('"MI300X"'),
    uuids: texts("Further names of the GPU"),
    "oam?": integer("Place of the module on its board"),
    "modes?": text('"CPX/NPS4". Absent if the GPU does not show its modes'),
    permitted: texts("Modes that the GPU can be set to"),
    computeUnits: integer("Compute units"),
    memory: bytes("Memory"),
  }),
  HostDevice: object("A logical device of a host, with its room.", {
    ...device,
    "renderNode?": text('Device file: "/dev/dri/renderD128"'),
    reserved: bytes("Memory that models have reserved"),
    free: bytes("Memory that another model can have"),
  }),
  HostDomain: object("A memory domain of a host.", {
    id: text("Id"),
    gpu: text("PCI address of its GPU"),
    capacity: bytes("Memory"),
  }),
  LayoutDeclaration: object("The layout of a host as a GpuPartitionConfig declares it.", {
    "computePartition?": of("ComputeMode", "Compute mode, if all GPUs have the same modes"),
    "memoryPartition?": of("MemoryMode", "Memory mode, if all GPUs have the same modes"),
    "profiles?": list(typeRef("PartitionProfile"), "Profiles, if the modes differ"),
  }),
  HostOwner: object("A GpuPartitionConfig in the record of a host.", {
    ...entry,
    gpus: list(typeRef("OwnedGpu"), "GPUs that it declares"),
    reservations: texts("Keys of the reservations of its stack"),
    change: text('"none", or "unfinished": a change is under way, or stopped half-way'),
    atBoot: text('"installed" if each boot of the host sets its modes, or "none"'),
  }),
  OwnedGpu: object("A GPU that a GpuPartitionConfig declares.", {
    id: text("PCI address"),
    "modes?": text("Present modes"),
    "before?": text("Modes before the first change"),
  }),
  HostReservation: object("A ModelAllocation in the record of a host.", {
    ...entry,
    "urn?": text("URN of the resource"),
    model: text('"meta-llama/Llama-3.1-8B-Instruct (fp8)"'),
    devices: list(typeRef("ReservedDevice"), "Devices of the model"),
    exclusive: flag("No other model gets room on these devices"),
    "since?": text("Time of the reservation, in UTC"),
  }),
  ReservedDevice: object("Memory that a model has reserved on a logical device.", {
    id: text("Id of the device"),
    bytes: bytes("Reserved memory"),
    state: text('"there", or "gone" if the host has no such device any more'),
  }),
  CapacityPlan: object("Layouts of the hosts, and a place for each model.", {
    hosts: list(typeRef("CapacityLayout"), "Layout of each host"),
    placements: list(typeRef("CapacityPlacement"), "Models with a place"),
    refused: texts("Models without a place"),
    spare: bytes("Free memory of all devices together"),
    largestRest: bytes("Free memory of the device that has most"),
    driverReloads: texts("Hosts whose driver reloads"),
    proof: { ...ANY, description: "How far the placement is proven to be the best" },
  }),
  CapacityLayout: object("A layout of a host.", {
    host: text("Name of the host"),
    memory: text('Memory mode: "NPS4"'),
    compute: texts("Compute mode of each GPU"),
    driverReload: flag("The memory mode changes, which reloads the driver"),
    changedGpus: integer("Number of GPUs whose modes change"),
  }),
  CapacityPlacement: object("A place of a model.", {
    key: text("Name of the model. With `replicas`, the number of the copy follows"),
    hostId: text("Name of the host"),
    gpu: text("GPU of the first rank"),
    devices: list(typeRef("HostedDevice"), "Devices of the model in the order of ranks"),
    tensorParallel: integer("Number of devices"),
    bytesPerDevice: bytes("Memory on each device"),
    exclusive: flag("No other model gets room on these devices"),
  }),
  DockerDevice: object("A device file of a container.", {
    hostPath: text("Path on the host"),
    containerPath: text("Path in the container"),
    permissions: text('"rwm"'),
  }),
};

/**
 * How one release of ROCm's amd-smi talks. One description per release, read by every command: what differs between
 * releases is data here, never a comparison of numbers in the code. Shapes and texts follow outputs of AMD's own CLI.
 */
export interface Release {
  /** What `rocm_version` says. */
  readonly rocm: string;
  /** What `amdsmi_library_version` says. */
  readonly library: string;
  /** What `version` says. */
  readonly tool: string;
  /** Out-of-tree amdgpu driver that came with it. */
  readonly driver: string;
  /** What amd-smi prints behind the driver's version: the build of the package. */
  readonly driverBuild: string;
  /** Build of its package, as the name of its source has it. */
  readonly package: string;
  /** What must be idle for that driver to change the compute mode of one GPU. */
  readonly computeSwitch: "idle-host" | "idle-gpu";
  readonly versionKeys: readonly ("amdgpu_version" | "amd_hsmp_driver_version" | "nic_driver_version")[];
  /** "nodes": with KFD's numbers, without `-e`. */
  readonly list: "bdf" | "nodes" | "enumeration" | "enumeration-oam" | "enumeration-accelerator";
  /** What `static` and `metric` put around their array. */
  readonly envelope: "none" | "cpu-core-gpu" | "gpu";
  readonly static: {
    readonly computeKey: "compute_partition" | "accelerator_partition";
    readonly partitionId: "absent" | "present";
    readonly allocationMode: "absent" | "present";
    readonly subsystem: "absent" | "present";
    readonly computeUnits: "absent" | "present";
    readonly limit: "flat" | "ppt";
    readonly kernel: "absent" | "present";
    readonly affinity: "absent" | "spaced" | "underscored";
    readonly memoryVendor: string;
    readonly memoryWidth: "absent" | "present";
    readonly knowsHbm3e: "no" | "yes";
    /** `chip_rev_id`, `external_rev_id`, `physical_acc_id`. */
    readonly revisions: "absent" | "present";
  };
  /** Whether the rows of partitions 1 and up repeat the whole GPU or say N/A and their own share. */
  readonly secondaries: "like-primary" | "own-share";
  readonly uuid: "shared" | "own" | "own-with-partition";
  readonly partition: "absent" | "documents" | "object";
  readonly processKeys: readonly ("sdma_usage" | "cu_occupancy" | "evicted_time")[];
  /** What somebody outside the groups render and video gets. */
  readonly withoutGroups: "nothing-said" | "warning" | "error" | "device-nodes";
  /** "typed": `error_type` beside the text, and an exit status that is the code. */
  readonly errors: "json" | "json-and-text" | "exception-on-stderr" | "exception-on-stdout" | "typed";
  /** Whether "N/A" has its reason behind it. */
  readonly missing: "plain" | "reasoned";
  readonly set: {
    readonly gpuOption: "required" | "optional";
    /** One array for all GPUs, or one array after the other. */
    readonly rows: "together" | "apart";
    readonly computeKey: "computepartition" | "accelerator_partition";
    readonly memoryKey: "memorypartition" | "memory_partition";
    /**
     * Names only, checked by the library; or names and indexes as the device offers them, checked by the CLI. "offered-by-first": those
     * of the first GPU of the host, for whatever GPU.
     */
    readonly computeValues: "names" | "offered-text" | "offered-list" | "offered-by-first";
    readonly notSupported: "raised" | "Device does not support setting" | "Unable to set";
    readonly memory: "set-and-reload" | "ask-set-and-reload" | "ask-and-stage";
    readonly memoryBanner:
      | "none"
      | "reload-by-tool"
      | "reload-by-reset"
      | "reload-by-reset-trimmed"
      | "reload-by-modprobe";
    readonly staged: string;
    readonly allocationMode: "absent" | "present";
    /** Whether a GPU that refuses ends the command with an exception, or has a row and the other GPUs are still changed. */
    readonly refusal: "stops" | "row";
    /** What an unprivileged `-C` is told; before 6.4 the library says it. */
    readonly computeRight: "library" | "not-supported" | "permission";
  };
  readonly reset: {
    readonly reload: "absent" | "present";
    /** `reset -C` and `reset -M`. */
    readonly partitions: "absent" | "present";
  };
  readonly driverMissing: "errors" | "errors-and-version" | "typed";
  /** Where KFD's location_id has the partition number. */
  readonly locationId: "function" | "high-bits";
  /** Name of the platform device of a secondary partition. */
  readonly partitionDevice: "amdgpu_xcp." | "amdgpu_xcp_";
}

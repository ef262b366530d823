import { type ComputeSwitch, computeSwitchOf, type DriverLock } from "./compute-switch.ts";

/** What the host says of amdgpu as a kernel module: whether it can be reloaded, and what it does at the next load. */
export interface DriverModule {
  /** "built-in": part of the kernel, which has no initstate then. "unsaid": the host shows neither. */
  readonly kind: "module" | "built-in" | "unsaid";
  /** Kernel modules that use it: `modprobe -r` does not unload it under them. */
  readonly usedBy: readonly string[];
  readonly modprobe: "present" | "missing";
  /** "fb0": the framebuffer of amdgpu that shows the machine's console. undefined: none does. */
  readonly console: string | undefined;
  /**
   * A memory mode was requested and not loaded since, as the kernel's log has it; which one it does not say. "unsaid": no trace, or
   * a log that may not be read or has gone round.
   */
  readonly staged: "requested" | "unsaid";
  /** What must be idle before the driver changes the compute mode of one GPU. */
  readonly computeSwitch: ComputeSwitch;
}

/** @param host pairs of the probe's section "host" @param log lines of amdgpu in the kernel's log */
export function parseDriverModule(host: ReadonlyMap<string, string>, log: string): DriverModule {
  const kind = host.get("module");
  return {
    kind: kind === "module" || kind === "built-in" ? kind : "unsaid",
    usedBy: (host.get("module_users") ?? "").split(" ").filter((name) => name !== ""),
    modprobe: host.get("modprobe") === "no" ? "missing" : "present",
    console: host.get("console") || undefined,
    staged: hasRequest(log) ? "requested" : "unsaid",
    computeSwitch: computeSwitchOf(
      host.get("version") || undefined,
      host.get("kernel") || undefined,
      lockOf(host.get("driver_lock")),
    ),
  };
}

const lockOf = (said: string | undefined): DriverLock =>
  said === "yes" ? "per-gpu" : said === "no" ? "per-host" : "unsaid";

/**
 * The driver writes the first line when it is loaded, the second when a mode is requested (current_memory_partition_store in
 * amdgpu_gmc.c of Linux); what was requested before the last load has been applied by it.
 */
function hasRequest(log: string): boolean {
  const lines = log.split("\n");
  const requested = lines.findLastIndex((line) => line.includes("NPS mode change requested"));
  return requested > lines.findLastIndex((line) => line.includes("kernel modesetting"));
}

/**
 * What must be idle before the driver changes the compute mode of one GPU.
 *
 * "idle-host": no process of the host may have /dev/kfd open, whatever GPU it uses. "idle-gpu": no process may have access to
 * that GPU, which only a device cgroup takes away (amd-gfx, 29 May 2025: "allow compute partition mode switch with cgroup
 * exclusions"). "unsaid": the release does not tell which of the two, and the stricter one counts.
 *
 * KFD makes `proc/<pid>/vram_<gpu>` for exactly the GPUs that the device cgroup allows, so the files tell who blocks the second
 * kind. A visibility variable such as ROCR_VISIBLE_DEVICES takes no access away.
 */
export type ComputeSwitch = "idle-host" | "idle-gpu" | "unsaid";

/** Linux has the change since 6.17. */
const LINUX = { old: [6, 16], since: [6, 17] } as const;

/** Packages of amdgpu: 6.12 is of April 2025, 6.16 of October 2025; what 6.14 has no public source says. */
const PACKAGE = { old: [6, 12], since: [6, 16] } as const;

/** Kernels of RHEL and SLES have graphics drivers of newer ones: their number says nothing. */
const BACKPORTS = /\.el\d|-default$/;

/**
 * @param driver version of the amdgpu module, which only a package has @param kernel release of the kernel, which counts where the
 * driver is the kernel's own
 */
export function computeSwitchOf(driver: string | undefined, kernel: string | undefined): ComputeSwitch {
  const known = driver === undefined ? LINUX : PACKAGE;
  const release = /^(\d+)\.(\d+)/
    .exec(driver ?? kernel ?? "")
    ?.slice(1)
    .map(Number);
  if (!release) return "unsaid";
  if (!isBefore(release, known.since)) return "idle-gpu";
  if (driver === undefined && BACKPORTS.test(kernel ?? "")) return "unsaid";
  return isBefore(known.old, release) ? "unsaid" : "idle-host";
}

function isBefore(a: readonly number[], b: readonly number[]): boolean {
  const [majorA = 0, minorA = 0] = a;
  const [majorB = 0, minorB = 0] = b;
  return majorA < majorB || (majorA === majorB && minorA < minorB);
}

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

/** Linux has the change since 6.17: it is in AMD's pull request for that release (dri-devel, 1 July 2025, amd-drm-next-6.17). */
const LINUX = { old: [6, 16], since: [6, 17] } as const;

/**
 * Packages of amdgpu. 6.12 is of April 2025, which is before the change. The source of 6.14.14-2212064 has it (AFDEAPAC/amdgpu at
 * 00d80f8d, `kgd2kfd_check_and_lock_kfd`), so later releases do; no public source says whether every build of 6.14 does.
 */
const PACKAGE = { old: [6, 12], since: [6, 16] } as const;

/** Kernels of RHEL and SLES have graphics drivers of newer ones: their number says nothing. */
const BACKPORTS = /\.el\d|-default$/;

/** Releases of the package that leave it open, as a pattern of the shell. */
export const PACKAGES_IN_DOUBT = "6.1[345].*";

/**
 * The source that DKMS has built the driver from, which it keeps on the host: the change adds this member to `struct kfd_dev`.
 * "per-gpu" and "per-host" are what it says, "unsaid" where there is none, where several builds differ, and where it is not asked
 * because the release tells.
 */
export const DRIVER_LOCK = "kfd_dev_lock";
export type DriverLock = "per-gpu" | "per-host" | "unsaid";

/**
 * @param driver version of the amdgpu module, which only a package has @param kernel release of the kernel, which counts where the
 * driver is the kernel's own
 * @param lock what the source on the host says, which decides
 */
export function computeSwitchOf(
  driver: string | undefined,
  kernel: string | undefined,
  lock: DriverLock = "unsaid",
): ComputeSwitch {
  if (lock !== "unsaid") return lock === "per-gpu" ? "idle-gpu" : "idle-host";
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

/** What a process belongs to, for those who want it gone. */
export type ProcessGroup =
  /** A systemd service, or a session or scope. */
  | { readonly kind: "unit"; readonly name: string }
  /** `id` as its runtime shows it: 12 digits. */
  | { readonly kind: "container"; readonly id: string; readonly runtime: string | undefined }
  | { readonly kind: "pod"; readonly uid: string; readonly container: string | undefined }
  /** Of Slurm. */
  | { readonly kind: "job"; readonly id: string };

/** As the prefix of a scope: "docker-<id>.scope", "cri-containerd-<id>.scope". */
const RUNTIMES: Readonly<Record<string, string>> = {
  docker: "docker",
  libpod: "podman",
  "libpod-conmon": "podman",
  nerdctl: "nerdctl",
  "cri-containerd": "containerd",
  containerd: "containerd",
  crio: "CRI-O",
  "crio-conmon": "CRI-O",
};

const CONTAINER = /(?:^|\/)(?:([a-z-]+)-|([a-z]+)\/)?([0-9a-f]{64})(?:\.scope)?(?=\/|$)/;
const POD = /pod([0-9a-f]{8}(?:[-_][0-9a-f]{4}){3}[-_][0-9a-f]{12})/;
const SLURM = /\/(?:slurm[^/]*|system\.slice\/[^/]*slurmstepd\.scope)\//;
const JOB = /\/job_(\d{1,20})/;
const UNIT = /\/([^/]+\.(?:service|scope))(?=\/|$)/g;

/**
 * Reads it from the paths of /proc/<pid>/cgroup: systemd and cgroupfs drivers, cgroup v1 and v2. The most telling wins: a pod or
 * container over the unit that started it, the innermost unit over those around it.
 *
 * @param paths of all hierarchies
 */
export function processGroupOf(paths: readonly string[]): ProcessGroup | undefined {
  const first = <T>(find: (path: string) => T | undefined): T | undefined => {
    for (const path of paths) {
      const found = find(path);
      if (found !== undefined) return found;
    }
    return undefined;
  };
  return first(podOf) ?? first(containerOf) ?? first(jobOf) ?? first(unitOf);
}

function podOf(path: string): ProcessGroup | undefined {
  const uid = POD.exec(path)?.[1];
  if (uid === undefined || !path.includes("kubepods")) return undefined;
  const container = containerOf(path.slice(path.indexOf(uid) + uid.length));
  return {
    kind: "pod",
    uid: uid.replaceAll("_", "-"),
    container: container?.kind === "container" ? container.id : undefined,
  };
}

function containerOf(path: string): ProcessGroup | undefined {
  const [, prefix, folder, id] = CONTAINER.exec(path) ?? [];
  if (id === undefined) return undefined;
  return { kind: "container", id: id.slice(0, 12), runtime: RUNTIMES[prefix ?? folder ?? ""] };
}

function jobOf(path: string): ProcessGroup | undefined {
  // In two steps: one pattern for both would try every folder in between from every other one.
  const slurm = SLURM.exec(path);
  const id = slurm && JOB.exec(path.slice(slurm.index + slurm[0].length - 1))?.[1];
  return id ? { kind: "job", id } : undefined;
}

function unitOf(path: string): ProcessGroup | undefined {
  const name = [...path.matchAll(UNIT)].at(-1)?.[1];
  return name === undefined ? undefined : { kind: "unit", name };
}

/** "in vllm.service", "in docker container 1f2e3d4c5b6a". */
export function describeGroup(group: ProcessGroup): string {
  switch (group.kind) {
    case "unit":
      return `in ${group.name}`;
    case "container":
      return `in ${group.runtime === undefined ? "" : `${group.runtime} `}container ${group.id}`;
    case "pod":
      return `in ${group.container === undefined ? "" : `container ${group.container} of `}pod ${group.uid}`;
    case "job":
      return `in Slurm job ${group.id}`;
  }
}

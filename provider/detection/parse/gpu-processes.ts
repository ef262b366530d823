import type { Bdf } from "../../topology/layout.ts";
import type { GpuProcess } from "../observation.ts";
import type { DrmNode } from "./drm-nodes.ts";
import type { KfdNode } from "./kfd.ts";
import { processGroupOf } from "./process-group.ts";
import { parseProcessMemory } from "./process-memory.ts";

/** What the probe printed of processes: as KFD lists them, and as their open files tell. */
export interface ProcessSources {
  /** Lines of `line` in describe-process.ts. */
  readonly listed: string;
  readonly openers: string;
  /** "/proc/7/fd/3 /dev/kfd", and the same file again with the number of its device, "/proc/7/fd/3 e2:80". */
  readonly opened: string;
  /** Lines of passwd(5). */
  readonly users: string;
  readonly vram: string;
  readonly nodes: readonly KfdNode[];
  readonly drm: readonly DrmNode[];
  /** PCI addresses of what the amdgpu driver drives: a display of another vendor is nobody's GPU. */
  readonly amd: ReadonlySet<Bdf>;
}

/** Major number of all DRM devices (Documentation/admin-guide/devices.txt), as stat prints it. */
const DRM_MAJOR = "e2";
const KFD = "/dev/kfd";

/** One entry per process, by pid: what KFD and the open files say of it together. */
export function parseGpuProcesses(sources: ProcessSources): readonly GpuProcess[] {
  const userOf = new Map(
    sources.users.split("\n").map((line) => [line.split(":")[2] ?? "", line.split(":")[0] ?? ""]),
  );
  const memory = parseProcessMemory(sources.vram, sources.nodes);
  const gpuOfId = new Map(sources.nodes.map((node) => [String(node.gpuId), node.gpu]));
  const files = openFiles(sources);
  const listed = parseLines(sources.listed);
  const pids = new Set(listed.map((one) => one.pid));
  const openers = parseLines(sources.openers).filter((one) => !pids.has(one.pid) && files.has(one.pid));
  return [...listed, ...openers].map(({ pid, uid, ids, paths, name }) => {
    const open = files.get(pid) ?? [];
    const kfd = pids.has(pid) || open.some(({ file }) => file === KFD);
    const gpus = new Set([
      ...ids.flatMap((id) => gpuOfId.get(id) ?? []),
      ...open.flatMap(({ gpu }) => gpu ?? []),
    ]);
    const vram = memory.get(pid);
    const group = processGroupOf(paths);
    return {
      pid,
      name: name || "unknown",
      gpus: [...gpus],
      ...(kfd && { kfd }),
      ...(vram && { vram }),
      ...(uid !== "" && { user: userOf.get(uid) ?? uid }),
      ...(group && { group }),
      ...(open.length > 0 && { files: [...new Set(open.map(({ file }) => file))] }),
    };
  });
}

/** pid, uid, ids of KFD nodes, paths of cgroups, name. */
const parseLines = (text: string) =>
  text.split("\n").flatMap((line) => {
    const [pid = "", uid = "", ids = "", paths = "", ...name] = line.split("\t");
    if (!/^\d+$/.test(pid)) return [];
    return [{ pid: Number(pid), uid, ids: words(ids), paths: words(paths), name: name.join(" ") }];
  });

const words = (text: string): readonly string[] => text.split(" ").filter((word) => word !== "");

interface OpenFile {
  readonly file: string;
  /** undefined: /dev/kfd, or a DRM node nobody knows. */
  readonly gpu: Bdf | undefined;
}

/** The open device files of the AMD driver, by process. A container may call a file what it likes; its number does not lie. */
function openFiles({ opened, drm, amd }: ProcessSources): ReadonlyMap<number, readonly OpenFile[]> {
  const numbers = new Map(
    [...opened.matchAll(/^(\/proc\/\d+\/fd\/\d+) ([0-9a-f]+):([0-9a-f]+)$/gm)].map(
      ([, path = "", major = "", minor = ""]) => [path, { major, minor: Number.parseInt(minor, 16) }],
    ),
  );
  const byMinor = new Map(drm.map((one) => [one.minor, one]));
  const byFile = new Map(drm.map((one) => [`/dev/dri/${one.name}`, one]));
  const files = new Map<number, OpenFile[]>();
  for (const [, path = "", pid, target = ""] of opened.matchAll(/^(\/proc\/(\d+)\/fd\/\d+) (\/dev\/\S+)/gm)) {
    const number = numbers.get(path);
    const node = number?.major === DRM_MAJOR ? byMinor.get(number.minor) : byFile.get(target);
    const isKfd = target === KFD;
    if (!isKfd && (node === undefined || !amd.has(node.address))) continue;
    const list = files.get(Number(pid)) ?? [];
    files.set(Number(pid), list);
    list.push({ file: node === undefined ? target : `/dev/dri/${node.name}`, gpu: node?.address });
  }
  return files;
}

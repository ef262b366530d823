import { existsSync, realpathSync } from "node:fs";
import { join } from "node:path";

import type { Home } from "./home.ts";

/** Directories in which a few files of ours lie over the machine's own. */
export const OVERLAID = [
  "/etc",
  "/opt",
  "/usr/local/bin",
  "/usr/local/sbin",
  "/usr/src",
  "/var/log",
] as const;

/** Device nodes every program needs. */
const COMMON_DEVICES = ["null", "zero", "full", "random", "urandom", "tty"] as const;

/** The real ones would act on the machine that runs the tests; a real amd-smi is hidden: it cannot be executed. */
const HIDDEN = {
  nothing: ["/usr/bin/amd-smi", "/opt/rocm/bin/amd-smi"],
  modprobe: ["/usr/sbin/modprobe", "/sbin/modprobe", "/usr/sbin/rmmod", "/usr/bin/kmod", "/bin/kmod"],
  systemctl: ["/usr/bin/systemctl", "/bin/systemctl"],
  dmesg: ["/usr/bin/dmesg", "/bin/dmesg"],
} as const;

/** Directories of /etc that root may write, empty at first. */
const WRITABLE = ["etc/systemd/system", "etc/pulumi-amd-gpu"] as const;

/** Files and directories below `home.root` that must exist to be mounted on. */
export const MOUNT_POINTS = {
  directories: ["dev/pts", "dev/shm", "dev/dri", "sys/class", "var/lib", ...WRITABLE],
  files: COMMON_DEVICES.map((name) => `dev/${name}`),
} as const;

/**
 * The mounts that turn the private namespace into this host, as a table for one `mount -a`: 64 hosts start in about a
 * second that way. The new devpts is for pseudo-terminals: a bind mount of /dev/ptmx finds no /dev/pts.
 */
export function mountTable(home: Home, code: string): string {
  const rootPath = (path: string): string => join(home.root, path);
  const lines = [
    bind(realpathSync(process.execPath), home.node),
    bind(code, home.code),
    ...OVERLAID.map((path) => `overlay ${path} overlay lowerdir=${rootPath(path)}:${path},ro 0 0`),
    bind(rootPath("sys"), "/sys"),
    ...COMMON_DEVICES.map((name) => bind(`/dev/${name}`, rootPath(`dev/${name}`))),
    `devpts ${rootPath("dev/pts")} devpts newinstance,ptmxmode=0666,mode=0620,gid=5 0 0`,
    `tmpfs ${rootPath("dev/shm")} tmpfs mode=1777 0 0`,
    `${rootPath("dev")} /dev none rbind 0 0`,
    bind(rootPath("var/lib"), "/var/lib"),
    ...WRITABLE.map((path) => bind(rootPath(path), `/${path}`)),
    bind(home.bootId, "/proc/sys/kernel/random/boot_id"),
    bind(home.cpuInfo, "/proc/cpuinfo"),
    ...Object.entries(HIDDEN).flatMap(([tool, paths]) =>
      realPaths(paths).map((path) => bind(join(home.bin, tool), path)),
    ),
  ];
  return `${lines.join("\n")}\n`;
}

const bind = (from: string, to: string): string => `${from} ${to} none bind 0 0`;

const realPaths = (paths: readonly string[]): readonly string[] => [
  ...new Set(paths.filter((path) => existsSync(path)).map((path) => realpathSync(path))),
];

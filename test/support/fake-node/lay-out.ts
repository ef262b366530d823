import {
  chmodSync,
  chownSync,
  copyFileSync,
  mkdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";

import { accountFiles, OPERATOR, type SudoRule } from "./accounts.ts";
import { machineIdOf } from "./create-state.ts";
import { makeDevices } from "./device-nodes.ts";
import type { Home } from "./home.ts";
import { treeOf } from "./host-tree.ts";
import { MOUNT_POINTS, mountTable, OVERLAID } from "./mounts.ts";
import { USUAL_COMMANDS } from "./prepare.ts";
import { amdSmiScript, dmesgScript, toolScript } from "./scripts.ts";
import type { NodeState } from "./state.ts";
import { writeSettings, writeState } from "./store.ts";
import { deviceTemplates } from "./temporary.ts";
import { RELEASES } from "./versions.ts";

/** Paths below /opt or /usr/local/bin. */
export type AmdSmiPlace = "path" | "opt" | "absent" | readonly string[];

/** What DKMS has below /usr/src: the source of the present driver, none, or that and the source of an older build. */
export type DriverSource = "kept" | "absent" | "of-two-builds";

export interface LayOutOptions {
  readonly sudo: SudoRule;
  readonly amdSmi: AmdSmiPlace;
  readonly pods: readonly string[];
  readonly driverSource: DriverSource;
  readonly readSeconds: number;
  readonly preparedCommands: readonly string[];
  readonly seed: string;
  readonly code: string;
}

const DEVICE_LINKS = {
  fd: "/proc/self/fd",
  stdin: "fd/0",
  stdout: "fd/1",
  stderr: "fd/2",
  ptmx: "pts/ptmx",
} as const;

/** Writes everything of a host that its namespace will mount. */
export function layOut(home: Home, state: NodeState, options: LayOutOptions): void {
  // The operator has to reach his home, the tools and what they print.
  chmodSync(home.path, 0o755);
  const directories = [...OVERLAID, ...MOUNT_POINTS.directories].map((path) => join(home.root, path));
  for (const path of [...directories, home.bin, home.homes, home.code, home.sshd])
    mkdirSync(path, { recursive: true });
  for (const path of MOUNT_POINTS.files) writeFileSync(join(home.root, path), "");
  writeFileSync(home.node, "");
  writeFileSync(home.lock, "");
  writeFileSync(home.commands, "");
  chmodSync(home.commands, 0o666);
  writeFileSync(join(home.path, "package.json"), '{ "type": "module" }\n');
  for (const [name, to] of Object.entries(DEVICE_LINKS)) symlinkSync(to, join(home.root, "dev", name));

  writeEtc(home, state, options);
  writeTools(home, options);
  for (const pod of options.pods) mkdirSync(join(home.root, "var/log/pods", pod), { recursive: true });
  writeDriverSource(home, state, options.driverSource);
  writeFileSync(home.cpuInfo, processorInformation(state));
  writeFileSync(join(home.path, "fstab"), mountTable(home, options.code));

  const devices = deviceTemplates();
  const nodes = [...treeOf(state).values()].filter((entry) => entry.is === "device");
  makeDevices(devices, nodes);
  const settings = { prepared: [...new Set([...USUAL_COMMANDS, ...options.preparedCommands])], devices };
  writeSettings(home, settings);
  writeState(home, settings, null, state);
}

/** The machine that runs the tests may itself be virtual; whether the host is, is not its business. */
function processorInformation(state: NodeState): string {
  const bare = readFileSync("/proc/cpuinfo", "utf8").replaceAll(/ hypervisor\b/g, "");
  return state.platform === "guest" ? bare.replaceAll(/^(flags\s*:.*)$/gm, "$1 hypervisor") : bare;
}

function writeDriverSource(home: Home, state: NodeState, kept: DriverSource): void {
  const { driver, package: build, computeSwitch } = RELEASES[state.rocm];
  const sources = {
    absent: [],
    kept: [[build, computeSwitch]],
    "of-two-builds": [
      [build, computeSwitch],
      ["1000000", "idle-host"],
    ],
  } as const;
  for (const [name, needs] of sources[kept]) {
    const folder = join(home.root, `usr/src/amdgpu-${driver}-${name}.24.04/amd/amdkfd`);
    mkdirSync(folder, { recursive: true });
    const member = needs === "idle-gpu" ? "\tint kfd_dev_lock;\n" : "";
    writeFileSync(join(folder, "kfd_priv.h"), `struct kfd_dev {\n\tunsigned int num_nodes;\n${member}};\n`);
  }
}

function writeEtc(home: Home, state: NodeState, { sudo, seed }: LayOutOptions): void {
  for (const [name, { content, mode }] of Object.entries(
    accountFiles(home.homes, sudo, state.operatorGroups),
  )) {
    writeFileSync(join(home.root, "etc", name), content, { mode });
  }
  writeFileSync(join(home.root, "etc/machine-id"), `${machineIdOf(seed)}\n`);
  mkdirSync(join(home.homes, "root"));
  mkdirSync(join(home.homes, OPERATOR.name));
  chownSync(join(home.homes, OPERATOR.name), OPERATOR.uid, OPERATOR.uid);
}

function writeTools(home: Home, { amdSmi, readSeconds }: LayOutOptions): void {
  const tools = {
    "amd-smi": amdSmiScript(home, readSeconds),
    modprobe: toolScript(home),
    systemctl: toolScript(home),
    dmesg: dmesgScript(home),
  };
  writeFileSync(join(home.bin, "nothing"), "");
  for (const [name, script] of Object.entries(tools))
    writeFileSync(join(home.bin, name), script, { mode: 0o755 });
  for (const name of ["modprobe", "rmmod", "lsmod"]) {
    symlinkSync(join(home.bin, "modprobe"), join(home.root, "usr/local/sbin", name));
  }
  for (const name of ["systemctl", "dmesg"])
    symlinkSync(join(home.bin, name), join(home.root, "usr/local/bin", name));
  const places = typeof amdSmi !== "string" ? amdSmi : amdSmi === "absent" ? [] : ["/opt/rocm/bin/amd-smi"];
  for (const place of places) {
    mkdirSync(dirname(join(home.root, place)), { recursive: true });
    // Files of the host itself: what a link outside of it leads to, anybody on the machine may write.
    copyFileSync(join(home.bin, "amd-smi"), join(home.root, place));
  }
  if (amdSmi === "path") symlinkSync("/opt/rocm/bin/amd-smi", join(home.root, "usr/local/bin/amd-smi"));
}

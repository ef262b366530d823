import { join } from "node:path";

/** Where the files of one fake host are; the same path inside and outside of its namespace. */
export interface Home {
  readonly path: string;
  readonly state: string;
  readonly settings: string;
  readonly lock: string;
  /** One line per call of a tool. */
  readonly commands: string;
  /** Link to the outputs of amd-smi prepared for the present state. */
  readonly outputs: string;
  /** What is mounted over /sys, /dev, /var/lib and so on. */
  readonly root: string;
  readonly bootId: string;
  /** What dmesg prints. */
  readonly kernelLog: string;
  readonly cpuInfo: string;
  readonly node: string;
  readonly code: string;
  readonly bin: string;
  readonly homes: string;
  /** `sleep` under the names of the processes that hold a GPU. */
  readonly programs: string;
  readonly sshd: string;
}

export const homeAt = (path: string): Home => ({
  path,
  state: join(path, "state.json"),
  settings: join(path, "settings.json"),
  lock: join(path, "lock"),
  commands: join(path, "commands.log"),
  outputs: join(path, "outputs"),
  root: join(path, "root"),
  bootId: join(path, "boot-id"),
  kernelLog: join(path, "kernel-log"),
  cpuInfo: join(path, "cpuinfo"),
  node: join(path, "node"),
  code: join(path, "code"),
  bin: join(path, "bin"),
  homes: join(path, "homes"),
  programs: join(path, "programs"),
  sshd: join(path, "sshd"),
});

export interface Settings {
  /** amd-smi command lines whose output is prepared after each change: arguments joined by spaces. */
  readonly prepared: readonly string[];
  /** Directory with one device node for each name; the hosts' nodes are hard links to them. */
  readonly devices: string;
}

import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import type { Sshd } from "../sshd.ts";
import { type SudoRule, sudoersFor } from "./accounts.ts";
import { bootAnew, usersAtBoot } from "./boot.ts";
import { type LoggedCommand, readCommands } from "./command-log.ts";
import type { Home } from "./home.ts";
import { endThere, enter, type NewProcess, startThere } from "./processes.ts";
import { settleNow, settlingSeconds } from "./settling.ts";
import type { NodeState } from "./state.ts";
import { changeState, readState } from "./store.ts";
import { removeTemporary } from "./temporary.ts";
import { BOOT_SCRIPT } from "./unit-files.ts";

/** A running host: its server, and the view a test has of it from outside. */
export interface FakeNode extends Sshd {
  /** Goes into the provider's `connection` input as it is. */
  readonly connection: {
    readonly host: string;
    readonly port: number;
    readonly user: string;
    readonly privateKey: string;
    readonly hostKey: string;
  };
  state(): NodeState;
  /** What the units of /etc/systemd/system have said at boots. */
  journal(): string;
  /** Changes the host behind everybody's back: sysfs, KFD and amd-smi follow. */
  change(to: (state: NodeState) => NodeState): Promise<NodeState>;
  /** Starts a real process of this name for each, with the device files of its GPU open. Returns their pids on the host. */
  holdGpus(gpuProcesses: readonly NewProcess[]): Promise<readonly number[]>;
  /** Power off and on: connections break, processes are gone, enabled units run, then services. */
  reboot(): Promise<void>;
  /** From the next command on. */
  setSudo(rule: SudoRule): void;
  /** Runs an sh script as root in the host's namespaces, and returns what it prints. */
  inside(script: string): string;
  /** Ends them. */
  releaseGpus(pids: readonly number[]): Promise<void>;
  /** Every call of amd-smi, modprobe and systemctl so far. */
  commands(): readonly LoggedCommand[];
  clearCommands(): void;
  /** A file as it is on the host, e.g. "/etc/machine-id"; undefined = there is none. Not through absolute links. */
  readFile(path: string): string | undefined;
  /** Only where the host lets root write: /var/lib, /tmp. */
  writeFile(path: string, content: string): void;
  removeFile(path: string): void;
}

export function nodeHandle(home: Home, sshd: Sshd, user: string): FakeNode {
  const there = (path: string): string => `/proc/${sshd.pid}/root${path}`;
  const stopping = new AbortController();
  const { signal } = stopping;
  const settling: Promise<void>[] = [];
  let journal = "";
  const change = async (to: (state: NodeState) => NodeState): Promise<NodeState> => {
    const { before, after } = await changeState(home, (state) => {
      const changed = to(state);
      return { state: changed, result: { before: state, after: changed } };
    });
    const left = new Set(after.processes.map((process) => process.pid));
    const gone = before.processes.filter((process) => process.backing === "real" && !left.has(process.pid));
    if (gone.length > 0) {
      endThere(
        sshd.pid,
        gone.map((process) => process.pid),
      );
    }
    const seconds = settlingSeconds(after);
    if (seconds !== undefined)
      settling.push(sleep(seconds * 1000, undefined, { signal }).then(() => settleNow(home)));
    return after;
  };
  const holdGpus: FakeNode["holdGpus"] = async (gpuProcesses) => {
    if (gpuProcesses.length === 0) return [];
    const pids = startThere(home, sshd.pid, gpuProcesses);
    const started = gpuProcesses.map((process, index) => ({
      ...process,
      pid: pids[index] ?? 0,
      backing: "real" as const,
    }));
    await change((state) => ({ ...state, processes: [...state.processes, ...started] }));
    return pids;
  };
  return {
    ...sshd,
    connection: {
      host: sshd.host,
      port: sshd.port,
      user,
      privateKey: sshd.clientKey,
      hostKey: sshd.hostKey,
    },
    state: () => readState(home),
    journal: () => journal,
    change,
    holdGpus,
    reboot: async () => {
      const booted = await bootAnew(home, sshd.pid);
      journal += enter(sshd.pid, ["sh", "-c", BOOT_SCRIPT]);
      await holdGpus(usersAtBoot(booted));
    },
    // The overlay shows what lies below it: the file keeps its place, only its text changes.
    setSudo: (rule) => writeFileSync(join(home.root, "etc/sudoers"), sudoersFor(rule)),
    inside: (script) => enter(sshd.pid, ["sh", "-ec", script]),
    releaseGpus: async (pids) => {
      await change((state) => ({
        ...state,
        processes: state.processes.filter((process) => !pids.includes(process.pid)),
      }));
    },
    commands: () => readCommands(home),
    clearCommands: () => writeFileSync(home.commands, ""),
    readFile: (path) => {
      try {
        return readFileSync(there(path), "utf8");
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
        throw error;
      }
    },
    writeFile: (path, content) => {
      mkdirSync(dirname(there(path)), { recursive: true });
      writeFileSync(there(path), content);
    },
    removeFile: (path) => rmSync(there(path), { recursive: true, force: true }),
    stop: async () => {
      stopping.abort();
      await Promise.allSettled(settling);
      await sshd.stop();
      removeTemporary(home.path);
    },
  };
}

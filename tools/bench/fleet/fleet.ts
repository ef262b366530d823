import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

import { isChange } from "../../../test/support/fake-node/command-log.ts";
import { type FakeNode, startFakeNodes } from "../../../test/support/fake-node/start.ts";
import { descendantsOf } from "../../../test/support/process-tree.ts";

/** What all hosts together saw of one run. */
export interface Contact {
  readonly connections: number;
  readonly commands: number;
  readonly amdSmiCalls: number;
  /** Seconds of processor time. The hosts of a fleet have their own; here they share ours. */
  readonly cpu: number;
}

/** Hosts of 8 x MI300X in SPX/NPS1 on this machine, each with a server and namespaces of its own. */
export interface Fleet {
  readonly hosts: readonly FakeNode[];
  /** Rejects when one of the hosts was asked to change something. */
  watch<Result>(work: () => Promise<Result>): Promise<{ readonly result: Result; readonly contact: Contact }>;
  stop(): Promise<void>;
}

/** Seconds every reading call of amd-smi takes, as the real one does. */
export const READ_SECONDS = 0.5;
/** What our first update makes of the hosts, and what every contender wants them to be. */
export const MODES = { computePartition: "CPX", memoryPartition: "NPS4" } as const;

const SESSIONS_END_MS = 10_000;

export async function startFleet(size: number): Promise<Fleet> {
  const hosts = await startFakeNodes(size, {
    gpus: 8,
    rocm: "7.2",
    readSeconds: READ_SECONDS,
    preparedCommands: ["static --json"],
  });
  return {
    hosts,
    watch: async (work) => {
      for (const host of hosts) {
        host.resetCounts();
        host.clearCommands();
      }
      const before = processorTime(hosts);
      const result = await work();
      await sessionsEnd(hosts);
      const cpu = processorTime(hosts) - before;
      return { result, contact: { cpu, ...contactOf(hosts) } };
    },
    stop: async () => {
      await Promise.all(hosts.map(async (host) => host.stop()));
    },
  };
}

function contactOf(hosts: readonly FakeNode[]): Omit<Contact, "cpu"> {
  const counts = hosts.map((host) => host.counts());
  const calls = hosts.flatMap((host) => host.commands());
  const change = calls.find(isChange);
  if (change !== undefined) {
    throw new Error(
      `nothing was to be changed, and a host was asked: ${change.tool} ${change.argv.join(" ")}`,
    );
  }
  return {
    connections: counts.reduce((sum, { connections }) => sum + connections, 0),
    commands: counts.reduce((sum, { execs }) => sum + execs, 0),
    amdSmiCalls: calls.filter(({ tool }) => tool === "amd-smi").length,
  };
}

/** Else the end of one run would slow the next one down. */
async function sessionsEnd(hosts: readonly FakeNode[]): Promise<void> {
  const deadline = Date.now() + SESSIONS_END_MS;
  while (hosts.some((host) => descendantsOf(host.pid).length > 0)) {
    if (Date.now() > deadline) throw new Error("a connection to a host stays open after the run");
    await sleep(20);
  }
}

/** Of the servers and of all their sessions that have ended, in seconds. */
function processorTime(hosts: readonly FakeNode[]): number {
  const ticks = hosts.map((host) => {
    const text = readFileSync(`/proc/${host.pid}/stat`, "utf8");
    // The name in the second field may hold spaces; utime, stime, cutime and cstime are fields 14 to 17 (proc(5)).
    const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
    return fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
  });
  return ticks.reduce((sum, value) => sum + value, 0) / TICKS_PER_SECOND;
}

/** USER_HZ, the same on all architectures that Node supports. */
const TICKS_PER_SECOND = 100;

import type { HardwareTimeouts } from "../../../provider/partitioner/hardware/hardware.ts";
import type { Fault as HostFault, NodeState } from "../../support/fake-node/state.ts";
import type { HardwareHost } from "../hardware-host.ts";
import type { Moment } from "./moments.ts";

/** Something that goes wrong at one moment of a change. */
export interface Fault {
  readonly name: string;
  strike(host: HardwareHost, kill: () => void): Promise<void> | void;
  /** It passes, or a person repairs it, before the next run. @default nothing is to be done */
  heal?(host: HardwareHost): Promise<void> | void;
  /** What is left to the provider after it: "none" = nobody knows what the host does. */
  readonly reach: "connection" | "none";
  /** Whether it can end what was stopped before: then services need not run at once. @default "unhindered" */
  readonly cleanUp?: "hindered";
  /** Whether somebody else moves the modes. @default "nobody" */
  readonly alsoChanged?: "by others";
  readonly limits?: Partial<HardwareTimeouts>;
}

/** When a fault strikes: just before a command is sent, or while it runs on the host. */
export interface Strike {
  readonly moment: Moment;
  readonly when: "before" | "during";
}

const at = (task: Moment["task"], occurrence: number, when: Strike["when"] = "before"): Strike => ({
  moment: { task, occurrence },
  when,
});

/** The commands of the change under test, in their order. `faults.test.ts` proves that there are no others. */
export const MOMENTS: readonly Moment[] = [
  at("lock", 1),
  at("look", 1),
  at("record", 1),
  at("ask for a service", 1),
  at("ask for a service", 2),
  at("record", 2),
  at("stop a service", 1),
  at("look", 2),
  at("set the memory mode", 1),
  at("record", 3),
  at("reload", 1),
  at("look", 3),
  at("record", 4),
  at("look", 4),
  at("set a compute mode", 1),
  at("record", 5),
  at("look", 5),
  at("record", 6),
  at("look", 6),
  at("start a service", 1),
  at("record", 7),
].map(({ moment }) => moment);

export const BOUNDARIES: readonly Strike[] = MOMENTS.map((moment) => ({ moment, when: "before" }));

/** Those that change something, struck while they run. */
export const MIDDLES: readonly Strike[] = [
  at("record", 1, "during"),
  at("stop a service", 1, "during"),
  at("set the memory mode", 1, "during"),
  at("reload", 1, "during"),
  at("set a compute mode", 1, "during"),
  at("start a service", 1, "during"),
  at("record", 7, "during"),
];

export const NOTHING: Fault = { name: "nothing", reach: "connection", strike: () => undefined };

export const CUT: Fault = {
  name: "the connection is cut",
  reach: "none",
  strike: (host) => host.node.signalConnections("SIGKILL"),
};

export const KILL: Fault = {
  name: "the provider is killed",
  reach: "none",
  strike: (_host, kill) => kill(),
};

export const REBOOT: Fault = {
  name: "the host reboots",
  reach: "none",
  strike: (host) => host.node.reboot(),
};

export const OTHER_OPERATOR: Fault = {
  name: "another operator sets a compute mode",
  reach: "connection",
  alsoChanged: "by others",
  strike: (host) => host.drift(1, "QPX"),
};

export const PASSWORD: Fault = {
  name: "sudo asks for a password",
  reach: "connection",
  cleanUp: "hindered",
  strike: (host) => host.node.setSudo("with-password"),
  heal: (host) => host.node.setSudo("without-password"),
};

const FILLING = "/var/lib/pulumi-amd-gpu/filling";

/** The record lives on a small file system of its own (`cell.ts`). */
export const FULL_DISK: Fault = {
  name: "the disk of the host record is full",
  reach: "connection",
  cleanUp: "hindered",
  strike: (host) => {
    host.node.inside(`dd if=/dev/zero of=${FILLING} bs=1k 2>/dev/null || true`);
  },
  heal: (host) => host.node.removeFile(FILLING),
};

const faults =
  (...list: readonly HostFault[]) =>
  (host: HardwareHost): Promise<void> =>
    host.set({ faults: list });

const repaired = (host: HardwareHost): Promise<void> => host.set({ faults: [] });

/** Short, because a hanging tool is given up only after it. */
const HASTE: Partial<HardwareTimeouts> = { observe: 6000, set: 1500, reload: 4000 };

export const HANGING_TOOL: Fault = {
  name: "amd-smi hangs when asked",
  reach: "connection",
  limits: { ...HASTE, observe: 2000 },
  strike: faults({ on: "read", does: "hang" }),
  heal: repaired,
};

const DAY_MS = 86_400_000;
const clock = Date.now;

/** Nothing may rest on the time of day: the clock is set while GPUs that come back late are waited for. */
const CLOCK: Fault = {
  name: "the clock jumps by a day while devices come back",
  reach: "connection",
  strike: async (host) => {
    await host.set({ slowStart: { seconds: 1, gpusMeanwhile: 1 } });
    Date.now = () => clock() + DAY_MS;
  },
  heal: async (host) => {
    Date.now = clock;
    await host.set({ slowStart: null });
  },
};

/** With the moments they strike at: before the reload, and before each look that waits for devices. */
export const CLOCK_CELLS = [at("reload", 1), at("look", 3), at("look", 6)].map((strike) => ({
  fault: CLOCK,
  strike,
}));

const tool = (name: string, fault: HostFault): Fault => ({
  name,
  reach: "connection",
  limits: HASTE,
  strike: faults(fault),
  heal: repaired,
});

const state = (name: string, changes: Partial<NodeState>, repair: Partial<NodeState>): Fault => ({
  name,
  reach: "connection",
  limits: { ...HASTE, reload: 2500 },
  strike: (host) => host.set(changes),
  heal: (host) => host.set(repair),
});

const BUSY = "AMDSMI_STATUS_BUSY";
const FAILED = "AMDSMI_STATUS_UNKNOWN_ERROR";
const NOT_FOUND = "AMDSMI_STATUS_NOT_FOUND";

/** Faults that strike when the change comes to the tool in question, once or for good. */
export const TOOL_FAULTS: readonly Fault[] = [
  tool("a service does not stop, once", { on: "service-stop", does: FAILED, times: 1 }),
  tool("a service does not stop", { on: "service-stop", does: FAILED }),
  {
    ...tool("a service does not start, once", { on: "service-start", does: FAILED, times: 1 }),
    cleanUp: "hindered",
  },
  { ...tool("a service does not start", { on: "service-start", does: FAILED }), cleanUp: "hindered" },
  tool("the memory mode is refused as busy, once", { on: "set-memory", does: BUSY, times: 1 }),
  tool("the memory mode is refused as busy", { on: "set-memory", does: BUSY }),
  tool("the memory mode hangs", { on: "set-memory", does: "hang" }),
  tool("the memory mode is said to be set and is not", { on: "set-memory", does: "says-so-only" }),
  tool("the driver is busy, once", { on: "driver-remove", does: BUSY, times: 1 }),
  tool("the driver is busy", { on: "driver-remove", does: BUSY }),
  tool("unloading the driver hangs", { on: "driver-remove", does: "hang" }),
  tool("the driver does not load, once", { on: "driver-load", does: NOT_FOUND, times: 1 }),
  tool("the driver does not load", { on: "driver-load", does: NOT_FOUND }),
  tool("loading the driver hangs", { on: "driver-load", does: "hang" }),
  tool("the driver loads without the new memory mode", { on: "driver-load", does: "says-so-only", times: 1 }),
  tool("the compute mode is refused as busy, once", { on: "set-compute", does: BUSY, times: 1 }),
  tool("the compute mode is refused as busy", { on: "set-compute", does: BUSY }),
  tool("the compute mode hangs", { on: "set-compute", does: "hang", times: 1 }),
  tool("the compute mode hangs for good", { on: "set-compute", does: "hang" }),
  tool("the compute mode is said to be set and is not", { on: "set-compute", does: "says-so-only" }),
  state("devices come back late", { slowStart: { seconds: 1, gpusMeanwhile: 1 } }, { slowStart: null }),
  state("devices come back too late", { slowStart: { seconds: 20 } }, { slowStart: null, pendingGpus: 0 }),
  state("a device stays away", { missingRenderNodes: [131] }, { missingRenderNodes: [] }),
];

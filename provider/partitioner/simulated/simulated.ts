import type { Bound } from "../../bound.ts";
import type { HostObservation } from "../../detection/observation.ts";
import { HostLockedError, SimulatedHostError } from "../../host-errors.ts";
import type { HostRecord } from "../../host-record/record.ts";
import { type HostRecordStore, recordWithin } from "../../host-record/store.ts";
import type { SimulatedHostState } from "../../schema/simulated-host.ts";
import { type AcceleratorName, acceleratorByName, includesPair } from "../../topology/accelerators.ts";
import { type ComputeMode, formatModes, type MemoryMode } from "../../topology/modes.ts";
import { type Partitioner, StepFailedError } from "../partitioner.ts";
import type { Step } from "../plan/step.ts";
import { type Essentials, withQueries } from "../with-queries.ts";
import { withFileLock } from "./file-lock.ts";
import { readSimulatedHost, writeSimulatedHost } from "./simulated-file.ts";
import { newSimulatedHost, observeSimulated } from "./simulated-observation.ts";

export interface SimulatedHostOptions {
  /** The file that is the host. It comes into being with the first change. */
  readonly path: string;
  /** Id of a host whose file does not exist yet; an existing file has its own. */
  readonly hostId: string;
  /** @default "MI300X" */
  readonly accelerator?: AcceleratorName;
  /** 1 to 8. @default 8 */
  readonly gpus?: number;
  /** Milliseconds to wait for another run that changes the same host. @default 300000 */
  readonly lockMs?: number;
}

const RECORD_WAIT_MS = 30_000;
const CHANGE_WAIT_MS = 300_000;

/** The partitioner without hardware: the same rules as the kernel's, a file instead of a driver. */
export function simulatedPartitioner(options: SimulatedHostOptions): Partitioner {
  const { path } = options;
  const target = `simulated host ${path}`;
  const load = async (): Promise<SimulatedHostState> => {
    const found = await readSimulatedHost(path);
    return found ?? newSimulatedHost(options.hostId, options.accelerator ?? "MI300X", options.gpus ?? 8);
  };
  const change = async (
    next: (state: SimulatedHostState) => SimulatedHostState,
  ): Promise<SimulatedHostState> => {
    const done = await withFileLock(`${path}.lock`, RECORD_WAIT_MS, async () => {
      const state = next(await load());
      await writeSimulatedHost(path, state);
      return state;
    });
    if (!done)
      throw new SimulatedHostError(
        `${path}.lock is held by another process; if that process is gone, remove the file`,
      );
    return done.value;
  };
  const record: HostRecordStore = {
    async update(next) {
      const state = await change((current) => {
        const { record: before } = observeSimulated(current, path);
        const after: HostRecord = { ...next(before), revision: before.revision + 1 };
        return { ...current, record: after };
      });
      return observeSimulated(state, path).record;
    },
    async locked(work, bound) {
      const waitMs = options.lockMs ?? CHANGE_WAIT_MS;
      const done = await withFileLock(`${path}.change.lock`, waitMs, work, bound);
      if (!done) throw new HostLockedError(target, waitMs / 1000);
      return done.value;
    },
    // It goes with this process and with nothing else.
    assertNotLost: () => undefined,
  };
  const within = (bound: Bound): Partitioner =>
    withQueries({ ...essentials, within, record: recordWithin(record, bound) });
  const essentials: Essentials = {
    kind: "simulated",
    target,
    record,
    observe: async (): Promise<HostObservation> => observeSimulated(await load(), path),
    apply: async (step) => {
      await change((state) => applyToState(state, step, target));
    },
    // Nothing runs on a simulated host.
    isServiceActive: async () => false,
    stopService: async () => undefined,
    startService: async () => undefined,
    // Its file is its only memory, and outlives everything.
    installBootUnit: async () => undefined,
    removeBootUnit: async () => undefined,
  };
  return within({});
}

/** The kernel's rules on a value: memory modes wait for a reload, which resets compute modes; a bad pair is refused. */
export function applyToState(state: SimulatedHostState, step: Step, target: string): SimulatedHostState {
  const { permitted } = acceleratorByName(state.accelerator);
  const refuse = (what: string): never => {
    throw new StepFailedError(target, step, what);
  };
  switch (step.action) {
    case "setMemoryMode":
      if (!permitted.some((pair) => pair.memory === step.memory))
        refuse(`${state.accelerator} does not support ${step.memory}`);
      return { ...state, gpus: state.gpus.map((gpu) => ({ ...gpu, stagedMemory: step.memory })) };
    case "reloadDriver":
      return {
        ...state,
        gpus: state.gpus.map(({ stagedMemory, ...gpu }) => {
          const memory = stagedMemory ?? gpu.memory;
          return { ...gpu, memory, compute: computeAtLoad(state.accelerator, memory) };
        }),
      };
    case "setComputeMode":
      return {
        ...state,
        gpus: state.gpus.map((gpu) => {
          if (!step.gpus.includes(gpu.gpu)) return gpu;
          const wanted = { compute: step.compute, memory: gpu.memory };
          return includesPair(permitted, wanted)
            ? { ...gpu, compute: step.compute }
            : refuse(`${gpu.gpu} cannot be ${formatModes(wanted)}`);
        }),
      };
  }
}

const AT_LOAD: Readonly<Record<MemoryMode, ComputeMode>> = {
  NPS1: "SPX",
  NPS2: "DPX",
  NPS4: "CPX",
  NPS8: "CPX",
};

/** The driver's own choice at load (kernel: automatic mode by memory mode). */
function computeAtLoad(accelerator: AcceleratorName, memory: MemoryMode): ComputeMode {
  const { permitted } = acceleratorByName(accelerator);
  const compute = AT_LOAD[memory];
  return includesPair(permitted, { compute, memory })
    ? compute
    : (permitted.find((pair) => pair.memory === memory)?.compute ?? "SPX");
}

import type { HostObservation } from "../../provider/detection/observation.ts";
import { ConnectionLostError } from "../../provider/errors.ts";
import { EMPTY_RECORD, type HostRecord } from "../../provider/host-record/record.ts";
import type { Partitioner } from "../../provider/partitioner/partitioner.ts";
import {
  newSimulatedHost,
  observeSimulated,
} from "../../provider/partitioner/simulated/simulated-observation.ts";
import { applyToState } from "../../provider/partitioner/simulated/simulated.ts";
import { withQueries } from "../../provider/partitioner/with-queries.ts";
import type { SimulatedHostState } from "../../provider/schema/simulated-host.ts";
import { formatModes, type ComputeMode } from "../../provider/topology/modes.ts";

/** The provider's process of one engine operation, which can die at one of its calls to hosts. */
export interface Process {
  /** Throws once the process is dead. */
  readonly call: <T>(work: () => T) => Promise<T>;
  readonly isKilled: () => boolean;
}

const lost = (): Error => new ConnectionLostError("host", "a command");

/**
 * @param killAt number of the call, from 0, at which the process dies; undefined: never.
 * @param when whether that call still takes effect.
 */
export function startProcess(killAt?: number, when: "before" | "after" = "before"): Process {
  let calls = 0;
  let killed = false;
  return {
    async call(work) {
      if (killed) throw lost();
      if (calls++ !== killAt) return work();
      killed = true;
      if (when === "after") work();
      throw lost();
    },
    isKilled: () => killed,
  };
}

/** A host that is a value: the kernel's rules, a record, and boot. */
export interface Host {
  readonly id: string;
  /** "SPX/NPS1" of each GPU. */
  modes(): readonly string[];
  observation(): HostObservation;
  record(): HostRecord;
  writeRecord(change: (record: HostRecord) => HostRecord): void;
  drift(gpu: number, compute: ComputeMode): void;
  reboot(): void;
  /** The driver cannot start a GPU that is on the PCI bus, or can again, which leaves it in the modes of a boot. */
  setStarted(gpu: number, started: boolean): void;
  /** How many modes were set and drivers loaded. */
  applied(): number;
  open(process: Process): Partitioner;
}

export function createHost(id: string, gpus: number): Host {
  let state: SimulatedHostState = newSimulatedHost(id, "MI300X", gpus);
  let record: HostRecord = EMPTY_RECORD;
  let applied = 0;
  let boots = 0;
  const failed = new Set<number>();
  const observation = (): HostObservation => {
    const started = state.gpus.filter((_gpu, number) => !failed.has(number));
    return {
      ...observeSimulated({ ...state, gpus: started, record: undefined }, id),
      bootId: `boot-${boots}`,
      missingGpus: state.gpus.flatMap(({ gpu }, number) =>
        failed.has(number)
          ? [{ gpu, accelerator: "MI300X", cause: { kind: "start-failed", line: undefined } }]
          : [],
      ),
      record,
    };
  };
  return {
    id,
    modes: () => state.gpus.map((gpu) => formatModes(gpu)),
    observation,
    record: () => record,
    writeRecord: (change) => {
      record = { ...change(record), revision: record.revision + 1 };
    },
    drift: (number, compute) => {
      state = {
        ...state,
        gpus: state.gpus.map((gpu, index) => (index === number ? { ...gpu, compute } : gpu)),
      };
    },
    reboot: () => {
      boots++;
      state = {
        ...state,
        gpus: state.gpus.map(({ gpu }) => ({ gpu, compute: "SPX" as const, memory: "NPS1" as const })),
      };
    },
    setStarted: (number, started) => {
      if (!started) failed.add(number);
      else if (failed.delete(number))
        state = {
          ...state,
          gpus: state.gpus.map((gpu, index) =>
            index === number ? { gpu: gpu.gpu, compute: "SPX" as const, memory: "NPS1" as const } : gpu,
          ),
        };
    },
    applied: () => applied,
    open: ({ call }) =>
      withQueries({
        kind: "hardware",
        target: id,
        observe: () => call(observation),
        apply: (step) =>
          call(() => {
            state = applyToState(state, step, id);
            applied++;
          }),
        isServiceActive: async () => false,
        stopService: async () => undefined,
        startService: async () => undefined,
        installBootUnit: async () => undefined,
        removeBootUnit: async () => undefined,
        record: {
          update: (change) =>
            call(() => {
              record = { ...change(record), revision: record.revision + 1 };
              return record;
            }),
          locked: (work) => work(),
          assertNotLost: () => undefined,
        },
      }),
  };
}

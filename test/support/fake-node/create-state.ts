import { createHash } from "node:crypto";
import { release } from "node:os";

import type { AcceleratorName, ComputeMode, MemoryMode } from "./accelerators.ts";
import type { GpuProcess, GpuState, NodeState } from "./state.ts";

/** What a host is like at first; everything has a default: one MI300X in SPX/NPS1 with ROCm 7.0, idle. */
export interface StateOptions extends Partial<
  Omit<NodeState, "gpus" | "processes" | "generation" | "bootId" | "accelerator">
> {
  /** Number of physical GPUs, 0 to 8. @default 1 */
  readonly gpus?: number;
  /** Compute mode of all GPUs, or of each. @default "SPX" */
  readonly compute?: ComputeMode | readonly ComputeMode[];
  /** @default "NPS1" */
  readonly memory?: MemoryMode;
  /** Of all GPUs, or of each. @default "MI300X" */
  readonly accelerator?: AcceleratorName | readonly AcceleratorName[];
  /** pid: @default 41873 and up */
  readonly processes?: readonly (Omit<GpuProcess, "pid"> & { readonly pid?: number })[];
  /** Makes serials, machine id and boot id differ between hosts. @default "0" */
  readonly seed?: string;
}

/** Buses of the eight OAM slots of an MI300X server. */
const BUSES = ["0c", "22", "38", "5c", "9f", "af", "bf", "df"];
const FIRST_PID = 41_873;

/** Pure: the same options give the same host. */
export function createState(options: StateOptions = {}): NodeState {
  const { gpus = 1, compute = "SPX", processes = [], seed = "0", accelerator = "MI300X", ...rest } = options;
  const [kind = "MI300X", ...kinds] = typeof accelerator === "string" ? [accelerator] : accelerator;
  if (gpus > BUSES.length) throw new RangeError(`a host has at most ${BUSES.length} GPUs, not ${gpus}`);
  return {
    rocm: "7.0",
    accelerator: kind,
    driver: "loaded",
    gpus: BUSES.slice(0, gpus).map((bus, index): GpuState => ({
      bdf: `0000:${bus}:00.0`,
      serial: serialOf(seed, index),
      compute: typeof compute === "string" ? compute : (compute[index] ?? "SPX"),
      allocation: "CAPPING",
      ...(index > 0 && kinds[index - 1] !== undefined && { accelerator: kinds[index - 1] }),
    })),
    memory: "NPS1",
    staged: null,
    busy: false,
    processes: processes.map((process, index) => ({ pid: FIRST_PID + index, ...process })),
    services: [],
    platform: "bare-metal",
    operatorGroups: "member",
    display: "ast",
    drmNodeLimit: null,
    hostMemory: null,
    missingRenderNodes: [],
    slowStart: null,
    pendingGpus: 0,
    pendingReads: null,
    kernelLog: "kept",
    lineEnd: "\n",
    faults: [],
    overrides: { files: {}, outputs: {} },
    loads: 0,
    generation: 1,
    bootId: uuidOf(`boot ${seed} 1`),
    kernel: release(),
    setSeconds: 0,
    loadSeconds: 0,
    ...rest,
  };
}

/** /etc/machine-id of the host with this seed. */
export const machineIdOf = (seed: string): string => digest(`machine ${seed}`).slice(0, 32);

/** Room for eight partitions below each carry: the digit they count in starts at 0. */
const serialOf = (seed: string, gpu: number): string => {
  const digits = digest(`gpu ${seed} ${gpu}`).slice(0, 16);
  return `${digits.slice(0, 11)}0${digits.slice(12)}`;
};

export const uuidOf = (text: string): string =>
  digest(text).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12}).*$/, "$1-$2-$3-$4-$5");

const digest = (text: string): string => createHash("sha256").update(text).digest("hex");

import type { HostRecord } from "../../provider/host-record/record.ts";
import type { ReconcileRequest } from "../../provider/partitioner/change/reconcile.ts";
import type { Partitioner } from "../../provider/partitioner/partitioner.ts";
import type { Step } from "../../provider/partitioner/plan/step.ts";
import type { AcceleratorName } from "../../provider/topology/accelerators.ts";
import type { ComputeMode } from "../../provider/topology/modes.ts";
import { desired, GPUS } from "./host.ts";

/** A host of two GPUs, in SPX/NPS1 whenever a test begins. */
export interface HostUnderTest {
  /** Opened anew, as every run does. @param lockMs how long it waits for another run */
  open(lockMs?: number): Promise<Partitioner>;
  /** "SPX/NPS1 SPX/NPS1", as the host itself has it. */
  modes(): string;
  /** Changes a GPU behind everybody's back. */
  drift(gpu: number, compute: ComputeMode): Promise<void>;
  record(): HostRecord | undefined;
  /** Back to how it was at first. */
  reset(): Promise<void>;
  stop(): Promise<void>;
}

/** What differs from one kind of GPU to another. */
export interface Kind {
  readonly accelerator: AcceleratorName;
  /** A pair to change to; with another memory mode where the GPU has one. */
  readonly target: string;
  readonly devices: number;
  /** A compute mode that needs no other memory mode. */
  readonly compute: ComputeMode;
  /** A pair that the GPU does not have. */
  readonly impossible: string;
}

export const MI300X: Kind = {
  accelerator: "MI300X",
  target: "CPX/NPS4",
  devices: 8,
  compute: "QPX",
  impossible: "CPX/NPS2",
};
export const MI300A: Kind = {
  accelerator: "MI300A",
  target: "TPX/NPS1",
  devices: 3,
  compute: "CPX",
  impossible: "DPX/NPS1",
};

export const requestFor = (
  modes: Readonly<Record<number, string>>,
  changes: Partial<
    Omit<ReconcileRequest, "policy"> & { readonly policy: Partial<ReconcileRequest["policy"]> }
  > = {},
): ReconcileRequest => ({
  key: "project/dev/node1",
  desired: desired(modes),
  reason: "not yet created",
  progress: () => undefined,
  ...changes,
  policy: {
    driverReload: "allow",
    ownKey: "project/dev/node1",
    ownPrefixes: ["project/dev/"],
    inUse: "refuse",
    inUseMs: 0,
    services: [],
    ...changes.policy,
  },
});

export const BEFORE = "SPX/NPS1 SPX/NPS1";

export const setCompute = (compute: ComputeMode, ...gpus: readonly number[]): Step => ({
  action: "setComputeMode",
  compute,
  gpus: gpus.map((number) => GPUS[number] ?? ""),
});

/** What the parts of the contract are given: the present test's host, opened. */
export interface Bench {
  readonly kind: Kind;
  readonly host: HostUnderTest;
  readonly partitioner: Partitioner;
}

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { GpuPartitionConfigArgs } from "pulumi-amd-gpu";

import type { HostRecord } from "../../provider/host-record/record.ts";
import type { SimulatedHostState } from "../../provider/schema/simulated-host.ts";
import type { ComputeMode, MemoryMode } from "../../provider/topology/modes.ts";
import { type FakeNode, type FakeNodeOptions, startFakeNode } from "./fake-node/start.ts";

/** A host that tests of whole stacks run on: the simulation, or the fake node behind a real sshd. */
export interface TestHost {
  /** What a program writes to declare this host. */
  readonly args: Pick<GpuPartitionConfigArgs, "connection" | "simulation" | "mode">;
  /** "SPX/NPS1" of each GPU as the host itself has it. */
  modes(): readonly string[];
  /** Changes one GPU behind everybody's back. */
  drift(gpu: number, compute: ComputeMode): Promise<void>;
  record(): HostRecord | undefined;
  /** How often a mode was set or a driver loaded. */
  changesMade(): number;
  readonly node: FakeNode | undefined;
  stop(): Promise<void>;
}

export type HostKind = "simulation" | "ssh";

export const startHost = (kind: HostKind, options: FakeNodeOptions = {}): Promise<TestHost> =>
  kind === "ssh" ? sshHost(options) : Promise.resolve(simulatedHost(options.gpus ?? 8));

async function sshHost(options: FakeNodeOptions): Promise<TestHost> {
  const node = await startFakeNode({ gpus: 8, rocm: "7.2", ...options });
  return {
    args: { connection: node.connection },
    modes: () => node.state().gpus.map((gpu) => `${gpu.compute}/${node.state().memory}`),
    drift: async (gpu, compute) => {
      await node.change((state) => ({
        ...state,
        gpus: state.gpus.map((one, number) => (number === gpu ? { ...one, compute } : one)),
      }));
    },
    record: () => {
      const text = node.readFile("/var/lib/pulumi-amd-gpu/host.json");
      return text === undefined ? undefined : (JSON.parse(text) as HostRecord);
    },
    changesMade: () =>
      node.commands().filter((command) => command.argv[0] === "set" || command.tool === "modprobe").length,
    node,
    stop: () => node.stop(),
  };
}

function simulatedHost(gpus: number): TestHost {
  const folder = mkdtempSync(join(tmpdir(), "simulated-host-"));
  const path = join(folder, "host.json");
  const read = (): SimulatedHostState => JSON.parse(readFileSync(path, "utf8")) as SimulatedHostState;
  return {
    args: { simulation: { accelerator: "MI300X", gpus, stateFile: path } },
    modes: () => read().gpus.map((gpu) => `${gpu.compute}/${gpu.memory}`),
    drift: async (gpu, compute) => {
      const state = read();
      const changed = state.gpus.map((one, number) => (number === gpu ? { ...one, compute } : one));
      writeFileSync(path, JSON.stringify({ ...state, gpus: changed }));
    },
    record: () => read().record as HostRecord | undefined,
    changesMade: () => Number.NaN,
    node: undefined,
    stop: async () => rmSync(folder, { recursive: true, force: true }),
  };
}

export const profileOf = (compute: ComputeMode, memory: MemoryMode) => ({
  computePartition: compute,
  memoryPartition: memory,
});

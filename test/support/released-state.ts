import { GpuPartitionConfig, ModelAllocation } from "pulumi-amd-gpu";

import { LLAMA, QWEN } from "./stack-program.ts";

/**
 * The program whose state is kept for every release, so that each later version proves that it can go on from there. The
 * host's file is named by the environment, because it stands somewhere else in every test run.
 */
export const releasedProgram = (stateFile: string) => async (): Promise<Record<string, unknown>> => {
  const gpus = new GpuPartitionConfig("node1", {
    simulation: { accelerator: "MI300X", gpus: 2, stateFile },
    profiles: [
      { computePartition: "CPX", memoryPartition: "NPS1", numGPUsAssigned: 1 },
      { computePartition: "DPX", memoryPartition: "NPS1" },
    ],
  });
  const llama = new ModelAllocation("llama", { gpus, ...LLAMA });
  const qwen = new ModelAllocation("qwen", { gpus, ...QWEN, strategy: "spread", exclusive: true });
  return { llama: llama.env, qwen: qwen.env };
};

/** Stands in the kept state for the path of the host's file. */
export const STATE_FILE = "/the/simulated/host.json";

import * as pulumi from "@pulumi/pulumi";
import { GpuPartitionConfig, ModelFleet } from "pulumi-amd-gpu";

const config = new pulumi.Config();
const simulation = { accelerator: "MI300X", gpus: 2 } as const;

// Many small devices for small models, whole GPUs for large ones.
const small = new GpuPartitionConfig("small", {
  simulation,
  computePartition: "CPX",
  memoryPartition: "NPS4",
});
const large = new GpuPartitionConfig("large", {
  simulation,
  computePartition: "SPX",
  memoryPartition: "NPS1",
});

const { allocations } = new ModelFleet("serving", {
  gpus: [small, large],
  models: {
    chat: {
      model: "meta-llama/Llama-3.1-8B-Instruct",
      precision: "fp8",
      maxModelLen: 8192,
      maxNumSeqs: 8,
      replicas: config.getNumber("chatReplicas") ?? 4,
      // The loss of one GPU takes as few copies as possible.
      apart: "gpu",
    },
    reason: {
      model: "meta-llama/Llama-3.3-70B-Instruct",
      precision: "bf16",
      maxModelLen: 8192,
      maxNumSeqs: 8,
    },
    draft: { model: "meta-llama/Llama-3.2-1B-Instruct", precision: "bf16", maxModelLen: 8192, maxNumSeqs: 8 },
    embed: { model: "Qwen/Qwen2.5-0.5B", precision: "bf16", maxModelLen: 2048, maxNumSeqs: 8 },
  },
});

/** Of each model: which host its container belongs to, on which devices it is, and what its process is started with. */
export const serving = Object.fromEntries(
  Object.entries(allocations).map(([name, model]) => [
    name,
    {
      host: model.partitionConfig,
      devices: model.partitionIds,
      env: model.env,
      engineArgs: model.engineArgs,
    },
  ]),
);

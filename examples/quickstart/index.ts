import * as pulumi from "@pulumi/pulumi";
import {
  type ComputeMode,
  docker,
  GpuPartitionConfig,
  type MemoryMode,
  ModelAllocation,
} from "pulumi-amd-gpu";

const config = new pulumi.Config();

// No connection: the embedded simulation, an 8 x MI300X host that is a file. With one, the same program changes a real host:
//   connection: { host: "gpu1.example", user: "ops", privateKey: config.requireSecret("privateKey"), hostKey: "ssh-ed25519 AAAA..." },
const node = new GpuPartitionConfig("node1", {
  simulation: { accelerator: "MI300X", gpus: 8, stateFile: config.get("stateFile") },
  computePartition: config.get<ComputeMode>("computePartition") ?? "CPX",
  memoryPartition: config.get<MemoryMode>("memoryPartition") ?? "NPS4",
});

const llama = new ModelAllocation("llama", {
  gpus: node,
  model: "meta-llama/Llama-3.1-8B-Instruct",
  precision: "fp8",
  maxModelLen: 8192,
  maxNumSeqs: 8,
});

const qwen = new ModelAllocation("qwen", {
  gpus: node,
  model: "Qwen/Qwen2.5-1.5B",
  precision: "bf16",
  maxModelLen: 4096,
  maxNumSeqs: 16,
});

export const capability = node.capability.level;
export const llamaEnv = llama.env;
export const llamaPlacement = llama.explanation;
export const llamaEngineArgs = llama.engineArgs;
export const llamaRun = llama.container.apply((container) => docker.runArgs(container).join(" "));
export const qwenEnv = qwen.env;
export const qwenPlacement = qwen.explanation;

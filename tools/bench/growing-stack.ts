import type { Declaration } from "./project.ts";

/** Hosts of 64 devices each; the models are spread over them, so that the hosts cost the same whatever their number. */
export const HOSTS = 8;
const MODEL = { model: "Qwen/Qwen2.5-0.5B", maxModelLen: 4096, maxNumSeqs: 4 };

/** So many models on the simulated hosts. */
export const growingStack = (models: number): readonly Declaration[] =>
  Array.from({ length: HOSTS }, (_, host) => ({
    name: `node${host + 1}`,
    partitioning: {
      simulation: { accelerator: "MI300X", gpus: 8, stateFile: `node${host + 1}.json` },
      computePartition: "CPX",
      memoryPartition: "NPS4",
    },
    models: Array.from({ length: models }, (_each, number) => number)
      .filter((number) => number % HOSTS === host)
      .map((number) => ({ ...MODEL, name: `model-${number}` })),
  }));

/** Only previews are measured: an update of hundreds of resources need not write its state after each of them. */
export const ONE_CHECKPOINT = { PULUMI_EXPERIMENTAL: "true", PULUMI_SKIP_CHECKPOINTS: "true" };

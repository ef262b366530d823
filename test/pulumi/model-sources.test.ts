import { GpuPartitionConfig, ModelAllocation } from "pulumi-amd-gpu";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import {
  LLAMA_8B_CONFIG,
  LLAMA_8B_SIZES,
  llamaTensors,
  writeCheckpoint,
} from "../models/checkpoint/written-checkpoints.ts";
import { startHub } from "../models/sources/hub-server.ts";
import { createStack, failed, type TestStack } from "../support/engine.ts";
import { inputsOf, saidOn } from "../support/stack-program.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

const programWith = (model: string, folder: string) => async () => {
  const gpus = new GpuPartitionConfig("node1", {
    simulation: { accelerator: "MI300X", gpus: 1, stateFile: `${folder}/host.json` },
    computePartition: "CPX",
    memoryPartition: "NPS4",
  });
  new ModelAllocation("model", { gpus, model, precision: "bf16", maxModelLen: 4096, maxNumSeqs: 4 });
};

describe("a model that is no id of the catalog", () => {
  const directory = temporaryDirectory("checkpoint");
  const folder = temporaryDirectory("host");
  let stack: TestStack;
  beforeAll(async () => {
    writeCheckpoint(directory, LLAMA_8B_CONFIG, [llamaTensors(LLAMA_8B_SIZES)]);
    stack = await createStack(programWith(directory, folder));
  });
  afterAll(async () => {
    await stack?.dispose();
  });

  it("is read from its directory, placed in the first preview, and its source is named", async () => {
    const run = await stack.preview();
    const known = await stack.preview({ program: programWith("meta-llama/Llama-3.1-8B", folder) });
    const { memory, partitionIds, modelSource } = inputsOf(run, "model");
    const ofCatalog = inputsOf(known, "model");
    expect(memory).toMatchObject({ high: (ofCatalog["memory"] as { high: number }).high });
    expect(partitionIds).toEqual(ofCatalog["partitionIds"]);
    expect(modelSource).toEqual({
      step: "directory",
      detail: `config.json and the headers of 1 safetensors files (291 tensors) in ${directory}`,
    });
    expect(ofCatalog["modelSource"]).toEqual({
      step: "catalog",
      detail: "the catalog's meta-llama/Llama-3.1-8B",
    });
    expect(saidOn(run, "model")).toContain("config.json and the headers of 1 safetensors files");
  });

  it("is created, and an unchanged directory shows no difference", async () => {
    await stack.up();
    expect((await stack.preview()).changes).toEqual([]);
    await stack.destroy();
  });

  it("is read from the Hub, and stays where it is when the Hub does not answer", async () => {
    const hub = await startHub({ "my-org/llama": directory });
    const program = programWith("my-org/llama", temporaryDirectory("host"));
    const ofHub = await createStack(program, { env: { HF_HUB_OFFLINE: "0", HF_ENDPOINT: hub.url } });
    try {
      const up = await ofHub.up();
      expect(inputsOf(up, "model")["modelSource"]).toMatchObject({ step: "hub" });
      hub.stop();
      const preview = await ofHub.preview();
      expect(preview.changes).toEqual([]);
      expect(saidOn(preview, "model")).toMatch(
        /The Hugging Face Hub did not answer .*; keeping the last known placement/,
      );
    } finally {
      await ofHub.dispose();
    }
  });

  it("is guessed from its name with a loud warning", async () => {
    const run = await stack.preview({ program: programWith("my-org/finetuned-3b", folder) });
    expect(inputsOf(run, "model")["modelSource"]).toMatchObject({ step: "name" });
    expect(saidOn(run, "model")).toContain("NOTHING IS KNOWN ABOUT my-org/finetuned-3b");
  });

  it("is refused when its directory is not there", async () => {
    const run = await failed(stack.preview({ program: programWith("/models/not-here", folder) }));
    expect(run.output).toContain("there is no such directory or file on the machine that runs Pulumi");
  });
});

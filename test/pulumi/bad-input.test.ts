import { GpuPartitionConfig, ModelAllocation } from "pulumi-amd-gpu";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { createStack, failed, type TestStack } from "../support/engine.ts";
import { type HostKind, startHost, type TestHost } from "../support/hosts.ts";
import { inputsOf, LLAMA } from "../support/stack-program.ts";

const CPX = { computePartition: "CPX", memoryPartition: "NPS4" } as const;

/** The args of the configuration, of the model, and the sentence the user must read. */
type Case = readonly [title: string, layout: object, model: object | undefined, sentence: RegExp];

const CASES: readonly Case[] = [
  [
    "a pair the GPU does not offer",
    { ...CPX, memoryPartition: "NPS2" },
    undefined,
    /computePartition asks for CPX\/NPS2, which MI300X does not offer; it offers SPX\/NPS1, /,
  ],
  [
    "a mode that does not exist",
    { ...CPX, computePartition: "8PX" },
    undefined,
    /computePartition must be one of SPX, DPX, TPX, QPX, CPX \(it is "8PX"\)/,
  ],
  [
    "an unknown field",
    { ...CPX, computPartition: "CPX" },
    undefined,
    /computPartition is not a known property/,
  ],
  [
    "two memory modes on one host",
    {
      profiles: [
        { ...CPX, numGPUsAssigned: 4 },
        { computePartition: "DPX", memoryPartition: "NPS2" },
      ],
    },
    undefined,
    /profiles\[1\]\.memoryPartition is NPS2, but profiles\[0\] has NPS4; a host has one memory mode/,
  ],
  [
    "GPUs that do not exist",
    { profiles: [CPX], skippedGPUs: { ids: [9] } },
    undefined,
    /skippedGPUs\.ids\[0\] names GPU 9, but the host has GPUs 0 to 7/,
  ],
  [
    "counts that do not add up",
    {
      profiles: [
        { ...CPX, numGPUsAssigned: 4 },
        { ...CPX, numGPUsAssigned: 5 },
      ],
    },
    undefined,
    /profiles asks for 9 GPUs by count, but the host has 8/,
  ],
  [
    "an unknown model",
    CPX,
    { model: "meta-llama/Llama-3.1-8B-Instrukt" },
    /model .*Llama-3\.1-8B-Instrukt.*Did you mean|model .*Llama-3\.1-8B-Instruct/,
  ],
  [
    "a model that fits nowhere",
    CPX,
    { ...LLAMA, precision: "bf16", maxNumSeqs: 16, tensorParallel: 1 },
    /model .* does not fit:\n\s+1 device of 0000:0c:00\.0 \(and 7 more GPUs with the same numbers\): .* > 23\.9 GiB .*\n\s*Any one of these changes would make it fit:\n(?:.*\n)*.*0000:0c:00\.0 in QPX\/NPS4 instead of CPX\/NPS4/,
  ],
  [
    "a context beyond the model's",
    CPX,
    { ...LLAMA, maxModelLen: 200_000 },
    /maxModelLen 200000 is above the longest context/,
  ],
  [
    "an unknown field of a model",
    CPX,
    { ...LLAMA, maxModelLength: 1 },
    /maxModelLength is not a known property/,
  ],
  [
    "tensor parallelism the model cannot have",
    CPX,
    { ...LLAMA, tensorParallel: 3 },
    /cannot be divided over 3 devices/,
  ],
];

describe.each<HostKind>(["simulation", "ssh"])("a mistake in a program, on a host by %s", (kind) => {
  let host: TestHost;
  let stack: TestStack;
  beforeAll(async () => {
    host = await startHost(kind);
    stack = await createStack(async () => undefined);
  });
  afterAll(async () => {
    await stack?.dispose();
    await host?.stop();
  });

  it.each(CASES)(
    "%s is one sentence with its path, before anything is touched",
    async (_title, layout, model, sentence) => {
      const run = await failed(
        stack.up({
          program: async () => {
            const gpus = new GpuPartitionConfig("node1", { ...host.args, ...layout });
            if (model) new ModelAllocation("llama", { gpus, ...LLAMA, ...model });
          },
        }),
      );
      expect(run.output).toMatch(sentence);
      expect(run.output).not.toMatch(/\n\s+at |node:internal|ZodError/);
      if (model === undefined && kind === "ssh") expect(host.changesMade()).toBe(0);
      await stack.destroy();
    },
  );

  it("is not AMD's Device Config Manager file, which is accepted as it is", async () => {
    const file = {
      "gpu-config-profiles": {
        default: {
          skippedGPUs: { ids: [] },
          profiles: [{ computePartition: "SPX", memoryPartition: "NPS1", numGPUsAssigned: 8 }],
        },
        heterogeneous: {
          skippedGPUs: { ids: [7] },
          profiles: [
            { computePartition: "CPX", memoryPartition: "NPS1", numGPUsAssigned: 2 },
            { computePartition: "DPX", memoryPartition: "NPS1", numGPUsAssigned: 4 },
            { computePartition: "QPX", memoryPartition: "NPS1" },
          ],
        },
      },
      gpuClientSystemdServices: { names: ["amd-metrics-exporter", "gpuagent"] },
    } as const;
    const preview = await stack.preview({
      program: async () => {
        new GpuPartitionConfig("node1", {
          ...host.args,
          ...(file as object),
          gpuConfigProfile: "heterogeneous",
        });
      },
    });
    const { layout } = inputsOf(preview, "node1") as { layout: Record<string, string> };
    expect(Object.values(layout)).toEqual([
      "CPX/NPS1",
      "CPX/NPS1",
      "DPX/NPS1",
      "DPX/NPS1",
      "DPX/NPS1",
      "DPX/NPS1",
      "QPX/NPS1",
    ]);
  });
});

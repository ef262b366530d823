import type * as pulumi from "@pulumi/pulumi";

import type { EngineName } from "../schema/engine.ts";
import type { ModelSpecArgs } from "../schema/model-spec.ts";
import type { KvCacheDtype, Precision } from "../schema/precision.ts";
import type { GpuArchitecture, LoraArgs, Speculative } from "../schema/serving.ts";
import type { Calibration } from "../schema/serving.ts";
import type { Gpus } from "./gpus.ts";

/** Which model is served, how, and where it may sit. */
export interface ModelAllocationArgs {
  /**
   * Where the model may be placed: the GPUs of one or several hosts. Those of another stack are given as `{ handle, connection }`, with the
   * output `handle` of their GpuPartitionConfig.
   */
  readonly gpus: Gpus | readonly Gpus[];
  /**
   * An id of the catalog ("meta-llama/Llama-3.1-8B-Instruct"), a directory or GGUF file on the machine that runs Pulumi, an id
   * of the Hugging Face Hub (with the optional package `@huggingface/hub`), or the shape of a model.
   */
  readonly model: pulumi.Input<string | ModelSpecArgs>;
  /** Precision of the weights. @default "native", the precision of the checkpoint */
  readonly precision?: pulumi.Input<Precision> | undefined;
  /** @default "auto", the precision the model computes in */
  readonly kvCacheDtype?: pulumi.Input<KvCacheDtype> | undefined;
  /** Longest sequence in tokens, prompt and answer. @default the model's own, at most 8192 */
  readonly maxModelLen?: pulumi.Input<number> | undefined;
  /** Sequences served at once; all of them can reach `maxModelLen`. @default 16 */
  readonly maxNumSeqs?: pulumi.Input<number> | undefined;
  /** Tokens computed in one step. @default 2048, at least maxNumSeqs */
  readonly maxNumBatchedTokens?: pulumi.Input<number> | undefined;
  /** Tokens the KV cache holds. @default maxNumSeqs * maxModelLen */
  readonly kvCacheTokens?: pulumi.Input<number> | undefined;
  /** Sizes of a real start-up of this model, from `calibrationOf(readVllmLog(text), …)`. @default none */
  readonly calibration?: pulumi.Input<Calibration> | undefined;
  /** Sequences with a common beginning share its keys and values. @default true */
  readonly prefixCaching?: pulumi.Input<boolean> | undefined;
  /** No graphs are captured: less memory, slower steps. @default false */
  readonly enforceEager?: pulumi.Input<boolean> | undefined;
  /** Bytes of each device to reserve in addition to the estimate. @default 0 */
  readonly extraBytes?: pulumi.Input<number> | undefined;
  /** Images allowed per prompt, for a model that accepts images; 0 serves text only. @default 1 */
  readonly imagesPerPrompt?: pulumi.Input<number> | undefined;
  /** The GPU for whose layouts and libraries memory is estimated. @default that of the devices, or "gfx942" */
  readonly gpuArchitecture?: pulumi.Input<GpuArchitecture> | undefined;
  /** Expert parallelism: each rank holds whole experts. Estimated with a warning. @default false */
  readonly expertParallel?: pulumi.Input<boolean> | undefined;
  /** LoRA adapters that may be loaded at once, and how large. @default none */
  readonly lora?: pulumi.Input<LoraArgs> | undefined;
  /** Speculative decoding. @default none */
  readonly speculative?: pulumi.Input<Speculative> | undefined;
  /** Devices the model is spread over; "auto" takes the fewest that hold it. @default "auto" */
  readonly tensorParallel?: pulumi.Input<"auto" | number> | undefined;
  /** All ranks on one GPU, or on several of one host where one cannot hold the model. @default "gpu" */
  readonly span?: pulumi.Input<"gpu" | "host"> | undefined;
  /** "pack" fills devices; "spread" takes the least loaded memory domain. @default "pack" */
  readonly strategy?: pulumi.Input<"pack" | "spread"> | undefined;
  /** No other model shares the devices. @default false */
  readonly exclusive?: pulumi.Input<boolean> | undefined;
  /** Place around unreserved memory use, as observed in `check`. @default false */
  readonly respectForeignUse?: pulumi.Input<boolean> | undefined;
  /** Only these GPUs (PCI addresses) or these partitions. */
  readonly pin?:
    | pulumi.Input<{
        readonly gpus?: pulumi.Input<readonly pulumi.Input<string>[]>;
        readonly partitions?: pulumi.Input<readonly pulumi.Input<string>[]>;
      }>
    | undefined;
  /** The engine for which `engineArgs` are rendered. @default "vllm" */
  readonly engine?: pulumi.Input<EngineName> | undefined;
}

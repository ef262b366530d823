import type * as pulumi from "@pulumi/pulumi";

import type { EngineName } from "../schema/engine.ts";
import type { ModelSpecArgs } from "../schema/model-spec.ts";
import type { KvCacheDtype, Precision } from "../schema/precision.ts";
import type { GpuArchitecture, LoraArgs, Speculative } from "../schema/serving.ts";
import type { Calibration } from "../schema/serving.ts";
import type { Gpus } from "./gpus.ts";

/** Which model is served, how, and where it may sit. */
export interface ModelAllocationArgs {
  /** GPUs of one or several hosts that may hold the model; those of another stack as `{ handle, connection }`. */
  readonly gpus: Gpus | readonly Gpus[];
  /**
   * Id of the catalog or of the Hugging Face Hub, a directory or GGUF file on the machine that runs Pulumi, or the shape of
   * a model.
   */
  readonly model: pulumi.Input<string | ModelSpecArgs>;
  /** Precision of the weights; "native" is that of the checkpoint. @default "native" */
  readonly precision?: pulumi.Input<Precision> | undefined;
  /** Precision of the KV cache; "auto" is that of the computation, usually 16 bit. @default "auto" */
  readonly kvCacheDtype?: pulumi.Input<KvCacheDtype> | undefined;
  /** Longest sequence in tokens, prompt and answer together. @default the model's own, at most 8192 */
  readonly maxModelLen?: pulumi.Input<number> | undefined;
  /** Sequences that are served at once; all of them can reach `maxModelLen`. @default 16 */
  readonly maxNumSeqs?: pulumi.Input<number> | undefined;
  /** Tokens that one step computes; the activations grow with it. @default 2048, at least `maxNumSeqs` */
  readonly maxNumBatchedTokens?: pulumi.Input<number> | undefined;
  /**
   * Tokens of all sequences that the KV cache holds. With less, sequences wait while it is full.
   *
   * @default `maxNumSeqs` × `maxModelLen`
   */
  readonly kvCacheTokens?: pulumi.Input<number> | undefined;
  /** Sizes that a start-up log of this model said; they replace formulas of the estimate. @default none */
  readonly calibration?: pulumi.Input<Calibration> | undefined;
  /** Sequences with the same beginning share its keys and values. @default true */
  readonly prefixCaching?: pulumi.Input<boolean> | undefined;
  /** The engine captures no graphs: less memory, slower steps. @default false */
  readonly enforceEager?: pulumi.Input<boolean> | undefined;
  /** Bytes to add on each device, for example for a plugin of the engine. @default 0 */
  readonly extraBytes?: pulumi.Input<number> | undefined;
  /** Images in one prompt of a vision model; 0 serves text alone. @default 1 */
  readonly imagesPerPrompt?: pulumi.Input<number> | undefined;
  /** Instruction set of the GPUs that the estimate is made for. @default that of the devices */
  readonly gpuArchitecture?: pulumi.Input<GpuArchitecture> | undefined;
  /** Each expert is whole on one rank. Estimated as an even split, with a warning. @default false */
  readonly expertParallel?: pulumi.Input<boolean> | undefined;
  /** LoRA adapters beside the weights. @default none */
  readonly lora?: pulumi.Input<LoraArgs> | undefined;
  /** Speculative decoding: who guesses tokens, and how many. @default none */
  readonly speculative?: pulumi.Input<Speculative> | undefined;
  /** Logical devices that the model is split over; "auto" takes the fewest that hold it. @default "auto" */
  readonly tensorParallel?: pulumi.Input<"auto" | number> | undefined;
  /** Whether the model stays on one GPU, or may use several GPUs of one host if no GPU can hold it. @default "gpu" */
  readonly span?: pulumi.Input<"gpu" | "host"> | undefined;
  /** "pack" keeps the largest free room; "spread" takes the least loaded memory domain. @default "pack" */
  readonly strategy?: pulumi.Input<"pack" | "spread"> | undefined;
  /** No other model gets room on the devices of this model. @default false */
  readonly exclusive?: pulumi.Input<boolean> | undefined;
  /** Counts unreserved use, memory of processes without a reservation, when a place is chosen. @default false */
  readonly respectForeignUse?: pulumi.Input<boolean> | undefined;
  /** Limits the choice to these GPUs or logical devices; with both, to either. @default no limit */
  readonly pin?:
    | pulumi.Input<{
        readonly gpus?: pulumi.Input<readonly pulumi.Input<string>[]>;
        readonly partitions?: pulumi.Input<readonly pulumi.Input<string>[]>;
      }>
    | undefined;
  /** Inference engine whose memory is estimated and whose flags are in `engineArgs`. @default "vllm" */
  readonly engine?: pulumi.Input<EngineName> | undefined;
}

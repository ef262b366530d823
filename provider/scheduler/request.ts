import type { Bytes } from "../bytes.ts";
import type { Bdf } from "../topology/layout.ts";
import type { AntiAffinity, HostedDevice } from "./occupancy/pool.ts";

export type Strategy = "pack" | "spread";

/** How far the ranks of a model may be from each other. */
export type Span = "gpu" | "host";

/** Only these GPUs, or these logical devices; with both, either. */
export interface Pin {
  readonly gpus?: readonly Bdf[] | undefined;
  readonly partitions?: readonly string[] | undefined;
}

export interface PlacementRequest {
  readonly key: string;
  /** Bytes on each device for every number of ranks the model can be divided into. */
  readonly demandByTensorParallel: ReadonlyMap<number, Bytes>;
  /** "auto" takes the fewest ranks that fit. */
  readonly tensorParallel: "auto" | number;
  /** @default "gpu" */
  readonly span?: Span | undefined;
  readonly strategy: Strategy;
  readonly exclusive: boolean;
  readonly pin?: Pin | undefined;
  readonly antiAffinity?: AntiAffinity | undefined;
}

/** A model on devices of one host, in the driver's order: rank 0 first. */
export interface Placement {
  readonly key: string;
  readonly hostId: string;
  /** That of rank 0: the only one, unless the model spans several. */
  readonly gpu: Bdf;
  readonly devices: readonly HostedDevice[];
  readonly tensorParallel: number;
  readonly bytesPerDevice: Bytes;
  readonly exclusive: boolean;
  readonly antiAffinity?: AntiAffinity;
}

export interface Refused {
  readonly tensorParallel: number;
  readonly demand: Bytes;
}

/** Why a model cannot be divided over the devices of one GPU, or of one host: the inequality that failed. */
export type Refusal =
  /** The freest `tensorParallel` devices: `demand > free` on the last of them. */
  | (Refused & { readonly kind: "memory"; readonly device: HostedDevice; readonly free: Bytes })
  /** Each device has room, and their common memory domain has not. */
  | (Refused & { readonly kind: "domain"; readonly device: HostedDevice; readonly free: Bytes })
  /** Too few devices are free of others, where one of the two sides wants to be alone. */
  | (Refused & {
      readonly kind: "held";
      readonly device: HostedDevice;
      readonly reservedBy: readonly string[];
    })
  /** Too few devices satisfy the model's anti-affinity. */
  | (Refused & { readonly kind: "anti-affinity"; readonly device: HostedDevice; readonly group: string })
  /** The GPU has, or the pin leaves, fewer devices than ranks. */
  | (Refused & { readonly kind: "devices"; readonly available: number })
  /** The model cannot be divided into this many ranks. */
  | { readonly kind: "ranks"; readonly tensorParallel: number };

import type { Bytes } from "../bytes.ts";
import { estimateMemory, type MemoryEstimate } from "../models/memory/estimate.ts";
import type { Serving } from "../models/memory/serving.ts";
import { legalTensorParallel, MOST_RANKS, quantisationLayout } from "../models/memory/tensor-parallel.ts";
import { resolvePrecision } from "../models/shape/precision.ts";
import type { ModelShape } from "../models/shape/shape.ts";
import type { ScheduleOptions } from "../schema/placement.ts";
import type { AntiAffinity } from "./occupancy/pool.ts";
import type { PlacementRequest, Span } from "./request.ts";

export type DemandResult =
  | {
      readonly ok: true;
      /** By number of ranks, ascending. */
      readonly estimates: ReadonlyMap<number, MemoryEstimate>;
    }
  | { readonly ok: false; readonly error: string };

/** What of a request decides how many ranks there may be. */
export interface Division {
  readonly tensorParallel: "auto" | number;
  readonly span?: Span | undefined;
}

/** What the model needs on each device, for every number of ranks that is allowed. */
export function demandOf(
  shape: ModelShape,
  serving: Serving,
  { tensorParallel, span }: Division,
): DemandResult {
  const layout = quantisationLayout(shape, resolvePrecision(shape, serving.precision));
  const sizes =
    tensorParallel === "auto"
      ? legalTensorParallel(shape, layout, MOST_RANKS[span ?? "gpu"])
      : [tensorParallel];
  const estimates = new Map<number, MemoryEstimate>();
  for (const size of sizes) {
    const result = estimateMemory(shape, serving, size);
    if (!result.ok) return result;
    estimates.set(size, result.estimate);
  }
  return { ok: true, estimates };
}

/** The claim of a model that runs as it was declared. */
export interface Held {
  readonly tensorParallel: number;
  readonly bytesPerDevice: Bytes;
}

/** What a model is placed by. */
interface Asked {
  readonly key: string;
  readonly options: ScheduleOptions;
  readonly antiAffinity?: AntiAffinity | undefined;
}

/** Placed by the upper bound: a model that starts must not fail under load. */
export const claims = (estimates: ReadonlyMap<number, MemoryEstimate>): ReadonlyMap<number, Bytes> =>
  new Map([...estimates].map(([size, estimate]) => [size, estimate.high]));

/** A running model is asked for what it holds, for as many ranks as it has; for any other number it is estimated. */
export const withHeld = (request: PlacementRequest, held: Held | undefined): PlacementRequest =>
  held === undefined
    ? request
    : {
        ...request,
        demandByTensorParallel: new Map([
          ...request.demandByTensorParallel,
          [held.tensorParallel, held.bytesPerDevice],
        ]),
      };

export const requestOf = (
  { key, options, antiAffinity }: Asked,
  estimates: ReadonlyMap<number, MemoryEstimate>,
): PlacementRequest => ({
  key,
  demandByTensorParallel: claims(estimates),
  tensorParallel: options.tensorParallel,
  span: options.span,
  strategy: options.strategy,
  exclusive: options.exclusive,
  pin: options.pin,
  antiAffinity,
});

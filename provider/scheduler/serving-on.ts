import { resolveServing, type Serving } from "../models/memory/serving.ts";
import type { ModelShape } from "../models/shape/shape.ts";
import type { GpuArchitecture } from "../schema/serving.ts";
import type { ServingOptions } from "../schema/serving.ts";
import { instructionSetOf } from "../topology/instruction-set.ts";
import type { Pool } from "./occupancy/pool.ts";

/**
 * How a model is served on these devices: engines lay out weights by the GPU's instruction set. Where the devices are of several, or of
 * none that is known, the estimate counts the widest layout in its upper bound.
 */
export function servingOn({ devices }: Pool, shape: ModelShape, options: ServingOptions): Serving {
  const serving = resolveServing(shape, options);
  const gpuArchitecture = serving.gpuArchitecture ?? architectureOf(devices);
  return gpuArchitecture === undefined ? serving : { ...serving, gpuArchitecture };
}

function architectureOf(devices: Pool["devices"]): GpuArchitecture | undefined {
  const units = new Set(devices.map(({ computeUnits }) => computeUnits));
  const [first, ...others] = new Set([...units].map(instructionSetOf));
  return others.length === 0 ? first : undefined;
}

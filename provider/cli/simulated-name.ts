import { ACCELERATOR_NAMES, type AcceleratorName } from "../topology/accelerators.ts";
import { type ModePair, parseModes } from "../topology/modes.ts";
import { UsageError } from "./usage-error.ts";

const MOST_GPUS = 8;

export function acceleratorNamed(text: string): AcceleratorName {
  const found = ACCELERATOR_NAMES.find((name) => name.toLowerCase() === text.toLowerCase());
  if (found) return found;
  throw new UsageError(`"${text}" is no accelerator: choose ${ACCELERATOR_NAMES.join(", ")}`);
}

/** "MI300X", "MI300X:2" */
export function parseSimulated(text: string): {
  readonly accelerator: AcceleratorName;
  readonly gpus: number;
} {
  const [name = "", count, ...more] = text.split(":");
  const gpus = count === undefined ? MOST_GPUS : Number(count);
  if (more.length > 0 || !/^\d+$/.test(count ?? "8") || gpus < 1 || gpus > MOST_GPUS)
    throw new UsageError(
      `"${text}" is no simulated host: write accelerator[:GPUs], as MI300X:8, with 1 to 8 GPUs`,
    );
  return { accelerator: acceleratorNamed(name), gpus };
}

/** "MI300X", "MI300X:CPX/NPS4" */
export function parseCard(text: string): {
  readonly accelerator: AcceleratorName;
  readonly modes: ModePair | undefined;
} {
  const [name = "", pair, ...more] = text.split(":");
  const modes = pair === undefined ? undefined : parseModes(pair);
  if (more.length > 0 || (pair !== undefined && modes === undefined))
    throw new UsageError(`"${text}" is no GPU: write accelerator[:modes], as MI300X:CPX/NPS4`);
  return { accelerator: acceleratorNamed(name), modes };
}

import { type Accelerator, ACCELERATORS } from "./accelerators.ts";

/**
 * The instruction set of a logical device by its compute units: a die of gfx950 has 32, dies of gfx942 have 38 or 20, so that no number
 * is of both in any mode.
 *
 * @returns undefined for a number that no known accelerator has in any mode
 */
export function instructionSetOf(computeUnits: number): Accelerator["instructionSet"] | undefined {
  const alike = ACCELERATORS.filter((accelerator) =>
    Object.values(accelerator.devicesByMode).some(
      (devices) => accelerator.computeUnits / devices === computeUnits,
    ),
  );
  const [first, ...others] = new Set(alike.map(({ instructionSet }) => instructionSet));
  return others.length === 0 ? first : undefined;
}

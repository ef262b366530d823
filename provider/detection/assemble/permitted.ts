import type { Profile } from "../../amd-smi/report.ts";
import type { Accelerator } from "../../topology/accelerators.ts";
import {
  type ComputeMode,
  MEMORY_MODES,
  type MemoryMode,
  type ModePair,
  sameModes,
} from "../../topology/modes.ts";
import type { CardFiles } from "../parse/partition-files.ts";

/** The words a GPU has about itself. */
export interface ModeSources {
  /** amd-smi's table of profiles; empty before ROCm 6.3, without root, or when amd-smi does not work. */
  readonly profiles: readonly Profile[];
  /** amd-smi's list of memory modes. */
  readonly memoryModes: readonly MemoryMode[] | undefined;
  readonly card: CardFiles | undefined;
  readonly accelerator: Accelerator | undefined;
}

/**
 * The pairs a GPU can be set to. amd-smi's profiles say it completely; sysfs lists compute modes for the current memory
 * mode only, so other memory modes are filled from the table; the table alone is the last resort.
 */
export function permittedPairs(sources: ModeSources): readonly ModePair[] {
  const { profiles, card, accelerator } = sources;
  const memoryModes =
    sources.memoryModes ?? (card && card.availableMemory.length > 0 ? card.availableMemory : undefined);
  const offered = (memory: MemoryMode): boolean => memoryModes === undefined || memoryModes.includes(memory);
  if (profiles.some((profile) => profile.memoryModes)) {
    return profiles.flatMap((profile) =>
      (profile.memoryModes ?? []).filter(offered).map((memory) => ({ compute: profile.compute, memory })),
    );
  }
  const table = (accelerator?.permitted ?? []).filter((one) => offered(one.memory));
  const current = card?.memory;
  if (!card || current === undefined || card.availableCompute.length === 0) return table;
  const now = card.availableCompute.map((compute) => ({ compute, memory: current }));
  return [...now, ...table.filter((one) => one.memory !== current)].toSorted(
    (a, b) => MEMORY_MODES.indexOf(a.memory) - MEMORY_MODES.indexOf(b.memory),
  );
}

/** Logical devices of each mode: XCDs of the GPU over XCDs of one device where amd-smi says so, else the table. */
export function devicesByMode(
  sources: ModeSources,
  xcds: number,
): Readonly<Partial<Record<ComputeMode, number>>> {
  const counts: Partial<Record<ComputeMode, number>> = { ...sources.accelerator?.devicesByMode };
  for (const { compute, xccsPerDevice } of sources.profiles) {
    if (xccsPerDevice !== undefined && xccsPerDevice > 0 && xcds % xccsPerDevice === 0) {
      counts[compute] = xcds / xccsPerDevice;
    }
  }
  return counts;
}

/** AMD's documents list the pair, as far as we know the GPU at all. */
export const validatedPairs = (
  accelerator: Accelerator | undefined,
  permitted: readonly ModePair[],
): readonly ModePair[] =>
  accelerator
    ? permitted.filter((one) => accelerator.validated.some((other) => sameModes(one, other)))
    : permitted;

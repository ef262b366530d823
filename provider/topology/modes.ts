/** How the compute dies of one GPU are grouped into logical devices. AMD also says "accelerator partition". */
export const COMPUTE_MODES = ["SPX", "DPX", "TPX", "QPX", "CPX"] as const;
export type ComputeMode = (typeof COMPUTE_MODES)[number];

/** How the HBM of a GPU is divided into memory domains. One value for the whole host: it belongs to the driver. */
export const MEMORY_MODES = ["NPS1", "NPS2", "NPS4", "NPS8"] as const;
export type MemoryMode = (typeof MEMORY_MODES)[number];

export interface ModePair {
  readonly compute: ComputeMode;
  readonly memory: MemoryMode;
}

const includes = <T extends string>(known: readonly T[], value: string): value is T =>
  (known as readonly string[]).includes(value);

/** Any letter case, as amd-smi accepts it; undefined for anything else ("N/A", "", "8PX"). */
export function parseComputeMode(text: string): ComputeMode | undefined {
  const name = text.trim().toUpperCase();
  return includes(COMPUTE_MODES, name) ? name : undefined;
}

/** Any letter case; undefined for anything else. */
export function parseMemoryMode(text: string): MemoryMode | undefined {
  const name = text.trim().toUpperCase();
  return includes(MEMORY_MODES, name) ? name : undefined;
}

/** Memory domains of one GPU in this mode: NPS4 → 4. */
export const domainsPerGpu = (memory: MemoryMode): number => Number(memory.slice("NPS".length));

/** "CPX/NPS4", the way AMD's documents write a pair. */
export const formatModes = (pair: ModePair): string => `${pair.compute}/${pair.memory}`;

/** The pair of "CPX/NPS4"; undefined for anything else. */
export function parseModes(text: string): ModePair | undefined {
  const [first = "", second = "", ...more] = text.split("/");
  const compute = parseComputeMode(first);
  const memory = parseMemoryMode(second);
  return compute && memory && more.length === 0 ? { compute, memory } : undefined;
}

/** Modes by GPU, out of the text of each pair; one that is no pair is left out. */
export const parseLayout = (layout: Readonly<Record<string, string>>): ReadonlyMap<string, ModePair> =>
  new Map(
    Object.entries(layout).flatMap(([gpu, text]) => {
      const pair = parseModes(text);
      return pair ? [[gpu, pair] as const] : [];
    }),
  );

/** "cpx_nps4", the id that AMD's Kubernetes device plugin gives the same pair. */
export const profileId = (pair: ModePair): string => `${pair.compute}_${pair.memory}`.toLowerCase();

export const sameModes = (a: ModePair, b: ModePair): boolean =>
  a.compute === b.compute && a.memory === b.memory;

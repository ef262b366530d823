import { median } from "./median.ts";
import type { Cost } from "./run.ts";

/** One thing that is compared with others. */
export interface Contender {
  readonly name: string;
  run(): Promise<Cost>;
}

/** Medians of all turns that count, and how far apart they lie. */
export interface Result extends Cost {
  readonly name: string;
  /** Of the wall times. */
  readonly fastest: number;
  readonly slowest: number;
}

/** Sees each run of a contender, the ones that warm up too. */
export type Around = (contender: Contender, run: () => Promise<Cost>) => Promise<Cost>;

/**
 * Runs all contenders in turns, so that whatever else the machine does falls on all of them alike. The first turn fills
 * caches and does not count.
 */
export async function compare(
  contenders: readonly Contender[],
  turns: number,
  around: Around = async (_, run) => run(),
): Promise<readonly Result[]> {
  const costs = contenders.map((): Cost[] => []);
  for (let turn = 0; turn <= turns; turn++) {
    for (const [index, contender] of contenders.entries()) {
      const cost = await around(contender, async () => contender.run());
      if (turn > 0) costs[index]?.push(cost);
    }
  }
  return contenders.map(({ name }, index) => {
    const own = costs[index] ?? [];
    const walls = own.map(({ wall }) => wall);
    return {
      name,
      wall: median(walls),
      cpu: median(own.map(({ cpu }) => cpu)),
      fastest: Math.min(...walls),
      slowest: Math.max(...walls),
    };
  });
}

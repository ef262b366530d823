/** A value that was reached, and a bound that no answer can go below. */
export interface Level {
  readonly value: number;
  /** Proven. */
  readonly atLeast: number;
}

/** How good a batch is placed: level by level, the first that differs decides between two answers. */
export interface Proof {
  /** Every level is as low as it can be. */
  readonly optimal: boolean;
  /** Models without a place. */
  readonly refused: Level;
  /** Bytes of what runs already and is to run elsewhere. */
  readonly movedBytes: Level;
  /** Ranks beyond the fewest of each model. */
  readonly extraRanks: Level;
  /** Devices that hold something now and held nothing before. */
  readonly devices: Level;
  /** GPUs beyond one of each model: what spanning costs. */
  readonly extraGpus: Level;
  /** What the search took. */
  readonly nodes: number;
}

type Levels = Omit<Proof, "optimal" | "nodes">;

/** Below a level that is not settled nothing is known: a better answer there may cost more here. */
export function proofOf(levels: Levels, nodes: number): Proof {
  let settled = true;
  const level = ({ value, atLeast }: Level): Level => {
    const known = settled ? Math.min(value, atLeast) : 0;
    settled &&= known === value;
    return { value, atLeast: known };
  };
  const proven = {
    refused: level(levels.refused),
    movedBytes: level(levels.movedBytes),
    extraRanks: level(levels.extraRanks),
    devices: level(levels.devices),
    extraGpus: level(levels.extraGpus),
  };
  return { optimal: settled, ...proven, nodes };
}

import type { Result } from "../contender.ts";

/** Which of our operations is measured against which of theirs: those that find out and tell, or do, the same. */
export const COMPARISONS = [
  {
    name: "preview",
    ours: "pulumi preview",
    rivals: ["pyinfra --dry", "ansible-playbook --check", "ansible-playbook, module raw", "ssh loop"],
    floor: "pulumi preview, doing nothing",
  },
  {
    name: "up, nothing to change",
    ours: "pulumi up",
    rivals: ["pyinfra --yes", "ansible-playbook", "ansible-playbook, module raw", "ssh loop"],
    floor: "pulumi up, doing nothing",
  },
  {
    // The others keep no state; what comes nearest is to read every host and to change nothing.
    name: "refresh",
    ours: "pulumi refresh",
    rivals: ["pyinfra --dry", "ansible-playbook --check", "ansible-playbook, module raw", "ssh loop"],
    floor: "pulumi refresh, doing nothing",
  },
] as const;

export interface Ratio {
  readonly operation: string;
  readonly ours: string;
  readonly theirs: string;
  /** Below 1 we are quicker. */
  readonly ratio: number;
}

/** Our time over theirs, for all comparisons. */
export function ratiosOf(results: readonly Result[]): readonly Ratio[] {
  const wall = (name: string): number => {
    const result = results.find((one) => one.name === name);
    if (result === undefined) throw new Error(`"${name}" was not measured`);
    return result.wall;
  };
  return COMPARISONS.flatMap(({ name, ours, rivals, floor }) =>
    [...rivals, floor].map((theirs) => ({
      operation: name,
      ours,
      theirs,
      ratio: wall(ours) / wall(theirs),
    })),
  );
}

/** The known names nearest to a mistyped one, nearest first; none when nothing is near enough to be meant. */
export function suggest(name: string, known: readonly string[], limit = 3): readonly string[] {
  const wanted = name.toLowerCase();
  const farthest = Math.max(2, Math.floor(wanted.length / 3));
  return known
    .map((candidate) => ({ candidate, distance: distanceTo(wanted, candidate.toLowerCase()) }))
    .filter(({ distance }) => distance <= farthest)
    .toSorted((a, b) => a.distance - b.distance || compare(a.candidate, b.candidate))
    .slice(0, limit)
    .map(({ candidate }) => candidate);
}

const compare = (a: string, b: string): number => (a < b ? -1 : Number(a > b));

/** Of the whole name, or of the part after the owner: people leave "meta-llama/" away. */
function distanceTo(wanted: string, candidate: string): number {
  const withoutOwner = candidate.slice(candidate.indexOf("/") + 1);
  return Math.min(editDistance(wanted, candidate), editDistance(wanted, withoutOwner));
}

/** Levenshtein: insertions, deletions and replacements of one letter. */
export function editDistance(from: string, to: string): number {
  let previous = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let row = 1; row <= from.length; row++) {
    const current = [row];
    for (let column = 1; column <= to.length; column++) {
      const replaced = at(previous, column - 1) + (from[row - 1] === to[column - 1] ? 0 : 1);
      current.push(Math.min(at(previous, column) + 1, at(current, column - 1) + 1, replaced));
    }
    previous = current;
  }
  return at(previous, to.length);
}

const at = (row: readonly number[], column: number): number => row[column] ?? Number.POSITIVE_INFINITY;

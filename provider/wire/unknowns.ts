/** How the engine writes a value that is not known yet, whatever its type, at any depth (`rpc.unknownValue` of the SDK). */
export const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

export type Path = readonly (string | number)[];

/** Paths of all unknown values in `value`. */
export function unknownPaths(value: unknown, at: Path = []): readonly Path[] {
  if (value === UNKNOWN) return [at];
  if (Array.isArray(value)) return value.flatMap((one, index) => unknownPaths(one, [...at, index]));
  if (typeof value === "object" && value !== null) {
    return Object.entries(value).flatMap(([key, one]) => unknownPaths(one, [...at, key]));
  }
  return [];
}

/** Whether one of the paths lies within the other: what is wrong there may come right once the value is known. */
export const overlaps = (a: Path, b: Path): boolean =>
  a.slice(0, Math.min(a.length, b.length)).every((key, index) => key === b[index]);

/** Plain JSON values, key order aside. `undefined` and an absent key are the same. */
export function sameValue(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const keys = new Set([...Object.keys(a), ...Object.keys(b)]);
  const [left, right] = [a as Record<string, unknown>, b as Record<string, unknown>];
  return [...keys].every((key) => sameValue(left[key], right[key]));
}

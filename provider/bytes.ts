declare const unit: unique symbol;

/**
 * A whole number of bytes. A plain number at run time, so that it goes into Pulumi state as it is; a type of its own
 * at compile time, so that a count, a gigabyte or a percentage is never added to it by accident.
 */
export type Bytes = number & { readonly [unit]: "bytes" };

const KIBI = 1024;
const MEBI = KIBI ** 2;
const GIBI = KIBI ** 3;

/** @throws RangeError when the value is not a whole number >= 0: rounding is the caller's decision, never ours. */
export function bytes(value: number): Bytes {
  if (!Number.isSafeInteger(value) || value < 0) {
    throw new RangeError(`${value} is not a whole number of bytes`);
  }
  return value as Bytes;
}

export const mebibytes = (value: number): Bytes => bytes(value * MEBI);
export const gibibytes = (value: number): Bytes => bytes(value * GIBI);

/** The next whole byte: for demands, which must not be understated. */
export const ceilBytes = (value: number): Bytes => bytes(Math.ceil(value));

const PAGE = 4 * KIBI;

/** The last whole page of memory: for capacities, which must not be overstated, and which the kernel counts in pages. */
export const floorPages = (value: number): Bytes => bytes(Math.floor(value / PAGE) * PAGE);

export function sumBytes(values: Iterable<Bytes>): Bytes {
  let total = 0;
  for (const value of values) total += value;
  return bytes(total);
}

/** "24.0 GiB", "512 MiB", "17 B": for people; never parsed back. */
export function formatBytes(value: Bytes): string {
  if (value >= GIBI) return `${(value / GIBI).toFixed(1)} GiB`;
  if (value >= MEBI) return `${Math.round(value / MEBI)} MiB`;
  if (value >= KIBI) return `${Math.round(value / KIBI)} KiB`;
  return `${value} B`;
}

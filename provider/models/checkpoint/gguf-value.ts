import { type BinaryCursor, type NumberKind, sizeOfNumber } from "./binary-cursor.ts";
import { LIMITS } from "./limits.ts";

/** Of an array that is too long to be of use here, such as the vocabulary, only the length is kept. */
export type GgufValue = number | string | boolean | readonly number[] | { readonly length: number };

/** Kinds of numbers by their id in the file. */
const NUMBERS: ReadonlyMap<number, NumberKind> = new Map([
  [0, "u8"],
  [1, "i8"],
  [2, "u16"],
  [3, "i16"],
  [4, "u32"],
  [5, "i32"],
  [6, "f32"],
  [10, "u64"],
  [11, "i64"],
  [12, "f64"],
]);
const BOOLEAN = 7;
const TEXT = 8;
const ARRAY = 9;

/** Arrays within arrays that are followed; none is known to exist. */
const MOST_NESTED = 2;

/** @throws RangeError for a kind that does not exist */
export function readGgufValue(cursor: BinaryCursor): GgufValue {
  return readValue(cursor, cursor.u32(), 0);
}

function readValue(cursor: BinaryCursor, kind: number, nested: number): GgufValue {
  const number = NUMBERS.get(kind);
  if (number !== undefined) return cursor.number(number);
  if (kind === BOOLEAN) return cursor.number("u8") !== 0;
  if (kind === TEXT) return readText(cursor);
  if (kind === ARRAY && nested < MOST_NESTED) return readArray(cursor, nested);
  throw new RangeError(`a metadata field is of kind ${kind}, which does not exist`);
}

/** A chat template can be long; what is kept of it is not. */
function readText(cursor: BinaryCursor): string {
  const length = cursor.u64();
  const kept = Math.min(length, LIMITS.nameLength);
  const text = cursor.text(kept);
  cursor.skip(length - kept);
  return text;
}

function readArray(cursor: BinaryCursor, nested: number): GgufValue {
  const kind = cursor.u32();
  const length = cursor.u64();
  const number = NUMBERS.get(kind);
  if (number === undefined && kind !== BOOLEAN) {
    for (let element = 0; element < length; element++) {
      if (kind === TEXT) cursor.skip(cursor.u64());
      else readValue(cursor, kind, nested + 1);
    }
    return { length };
  }
  if (number === undefined || length > LIMITS.arrayElements) {
    cursor.skip(length * (number === undefined ? 1 : sizeOfNumber(number)));
    return { length };
  }
  return Array.from({ length }, () => cursor.number(number));
}

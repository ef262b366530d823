/** More bytes are needed than are at hand; whoever reads the file tries again with more of it. */
export class MoreNeeded extends Error {
  override readonly name = "MoreNeeded";
}

/** Reads little-endian values one after the other. Every step is checked against the end. */
export interface BinaryCursor {
  u32(): number;
  /** @throws RangeError above 2^53: nothing of a model is as large */
  u64(): number;
  /** A number of any of the fixed sizes. */
  number(kind: "u8" | "i8" | "u16" | "i16" | "u32" | "i32" | "u64" | "i64" | "f32" | "f64"): number;
  text(length: number): string;
  skip(length: number): void;
}

const SIZE = { u8: 1, i8: 1, u16: 2, i16: 2, u32: 4, i32: 4, f32: 4, u64: 8, i64: 8, f64: 8 } as const;

export type NumberKind = keyof typeof SIZE;
export const sizeOfNumber = (kind: NumberKind): number => SIZE[kind];

/** @throws MoreNeeded from every method, when the bytes end before the value does */
export function binaryCursor(data: Uint8Array): BinaryCursor {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  let position = 0;
  const advance = (length: number): number => {
    if (length > data.length - position) throw new MoreNeeded();
    const at = position;
    position += length;
    return at;
  };
  const read: Readonly<Record<NumberKind, (at: number) => number | bigint>> = {
    u8: (at) => view.getUint8(at),
    i8: (at) => view.getInt8(at),
    u16: (at) => view.getUint16(at, true),
    i16: (at) => view.getInt16(at, true),
    u32: (at) => view.getUint32(at, true),
    i32: (at) => view.getInt32(at, true),
    u64: (at) => view.getBigUint64(at, true),
    i64: (at) => view.getBigInt64(at, true),
    f32: (at) => view.getFloat32(at, true),
    f64: (at) => view.getFloat64(at, true),
  };
  const number = (kind: NumberKind): number => Number(read[kind](advance(SIZE[kind])));
  return {
    number,
    u32: () => number("u32"),
    u64: () => {
      const value = number("u64");
      if (!Number.isSafeInteger(value)) throw new RangeError(`${value} is not a size or a count`);
      return value;
    },
    text: (length) => {
      const at = advance(length);
      return new TextDecoder().decode(data.subarray(at, at + length));
    },
    skip: (length) => {
      advance(length);
    },
  };
}

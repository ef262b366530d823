/** Values as keys and the protocol have them (RFC 4251, section 5). */
export interface WireReader {
  /** @throws RangeError when the text ends before */
  number(): number;
  string(): Buffer;
  /** What is left. */
  rest(): Buffer;
}

export function readWire(bytes: Buffer): WireReader {
  let at = 0;
  const take = (length: number): Buffer => {
    if (at + length > bytes.length) throw new RangeError("the key ends before its end");
    at += length;
    return bytes.subarray(at - length, at);
  };
  const number = (): number => take(4).readUInt32BE(0);
  return { number, string: () => take(number()), rest: () => bytes.subarray(at) };
}

export const wireNumber = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
};

export const wireString = (value: Buffer | string): Buffer => {
  const bytes = Buffer.from(value as string);
  return Buffer.concat([wireNumber(bytes.length), bytes]);
};

/** A whole number from 0 on: without zeros at its beginning, and with one where it would else be negative. */
export const wireInteger = (value: Buffer): Buffer => {
  const first = value.findIndex((byte) => byte !== 0);
  const bytes = first === -1 ? Buffer.alloc(0) : value.subarray(first);
  return wireString((bytes[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.alloc(1), bytes]) : bytes);
};

import { bytes } from "../../bytes.ts";
import { UnreadableCheckpointError } from "../../errors.ts";
import { ggmlType } from "../shape/gguf-types.ts";
import { type BinaryCursor, binaryCursor, MoreNeeded } from "./binary-cursor.ts";
import { type GgufValue, readGgufValue } from "./gguf-value.ts";
import { LIMITS } from "./limits.ts";
import type { Tensor } from "./tensor.ts";

export interface GgufHeader {
  readonly metadata: ReadonlyMap<string, GgufValue>;
  readonly tensors: readonly Tensor[];
}

/** "GGUF", read as a little-endian number. */
const MAGIC = 0x46_55_47_47;
/** Versions of the layout that is read here; 1 had shorter counts and is gone. */
const VERSIONS: readonly number[] = [2, 3];

/**
 * Header of a GGUF file, from the bytes it begins with.
 *
 * @returns undefined when the header is longer than these bytes
 * @throws UnreadableCheckpointError when it is no GGUF file, or larger than any should be
 */
export function parseGgufHeader(file: string, start: Uint8Array): GgufHeader | undefined {
  try {
    return readHeader(file, binaryCursor(start));
  } catch (error) {
    if (error instanceof MoreNeeded) return undefined;
    if (error instanceof RangeError) {
      throw new UnreadableCheckpointError(file, `has a broken header: ${error.message}`, { cause: error });
    }
    throw error;
  }
}

function readHeader(file: string, cursor: BinaryCursor): GgufHeader {
  const broken = (reason: string) => new UnreadableCheckpointError(file, reason);
  if (cursor.u32() !== MAGIC) throw broken("does not begin with GGUF");
  const version = cursor.u32();
  if (!VERSIONS.includes(version)) {
    throw broken(
      `is GGUF version ${version}, or big endian; only versions ${VERSIONS.join(" and ")} in little endian are supported`,
    );
  }
  const tensorCount = cursor.u64();
  const fieldCount = cursor.u64();
  if (tensorCount > LIMITS.tensors) {
    throw broken(`declares ${tensorCount} tensors; at most ${LIMITS.tensors} are read`);
  }
  if (fieldCount > LIMITS.fields) {
    throw broken(`declares ${fieldCount} metadata fields; at most ${LIMITS.fields} are read`);
  }
  const metadata = new Map<string, GgufValue>();
  for (let field = 0; field < fieldCount; field++) {
    const key = readName(file, cursor, "a metadata field");
    metadata.set(key, readGgufValue(cursor));
  }
  const tensors: Tensor[] = [];
  for (let tensor = 0; tensor < tensorCount; tensor++) tensors.push(readTensor(file, cursor));
  return { metadata, tensors };
}

function readName(file: string, cursor: BinaryCursor, what: string): string {
  const length = cursor.u64();
  if (length > LIMITS.nameLength) {
    throw new UnreadableCheckpointError(
      file,
      `has ${what} with a name of ${length} bytes; at most ${LIMITS.nameLength} are read`,
    );
  }
  return cursor.text(length);
}

function readTensor(file: string, cursor: BinaryCursor): Tensor {
  const name = readName(file, cursor, "a tensor");
  const wrong = (what: string) =>
    new UnreadableCheckpointError(file, `tensor ${JSON.stringify(name)} ${what}`);
  const dimensions = cursor.u32();
  if (dimensions > LIMITS.dimensions) throw wrong(`has ${dimensions} dimensions`);
  let elements = 1;
  for (let dimension = 0; dimension < dimensions; dimension++) elements *= cursor.u64();
  const id = cursor.u32();
  cursor.u64();
  const type = ggmlType(id);
  if (type === undefined) throw wrong(`has the unknown type ${id}`);
  const size = (elements / type.block.weights) * type.block.bytes;
  if (!Number.isSafeInteger(size))
    throw wrong(`has ${elements} elements, which do not fill whole blocks of ${type.name}`);
  return { name, dtype: type.name, elements, bytes: bytes(size) };
}

import { bytes } from "../../bytes.ts";
import { UnreadableCheckpointError } from "../../errors.ts";
import { LIMITS } from "./limits.ts";
import type { Tensor } from "./tensor.ts";

/** The header is preceded by its length, 8 bytes, little endian. */
export const LENGTH_BYTES = 8;

/** Bits of one element. A type that is not here is taken at its word. */
const ELEMENT_BITS: Readonly<Record<string, number>> = {
  F64: 64,
  F32: 32,
  F16: 16,
  BF16: 16,
  F8_E4M3: 8,
  F8_E5M2: 8,
  F8_E8M0: 8,
  I64: 64,
  I32: 32,
  I16: 16,
  I8: 8,
  U64: 64,
  U32: 32,
  U16: 16,
  U8: 8,
  BOOL: 8,
};

/**
 * Length of the JSON header that follows.
 *
 * @throws UnreadableCheckpointError when the file cannot be a safetensors file, or its header is larger than any should be
 */
export function headerLength(file: string, start: Uint8Array, fileBytes: number): number {
  if (start.length < LENGTH_BYTES) throw broken(file, `is ${fileBytes} bytes long, too short for a header`);
  const length = new DataView(start.buffer, start.byteOffset).getBigUint64(0, true);
  if (length > BigInt(LIMITS.safetensorsHeaderBytes)) {
    throw broken(
      file,
      `declares a header of ${length} bytes; at most ${LIMITS.safetensorsHeaderBytes} are read`,
    );
  }
  if (LENGTH_BYTES + Number(length) > fileBytes) {
    throw broken(file, `ends before its header does: ${length} bytes of header in a file of ${fileBytes}`);
  }
  return Number(length);
}

/**
 * The tensors of one file, from its header.
 *
 * @param dataBytes size of the file without length and header
 * @throws UnreadableCheckpointError naming the tensor that makes no sense
 */
export function parseSafetensorsHeader(
  file: string,
  header: Uint8Array,
  dataBytes: number,
): readonly Tensor[] {
  const entries = Object.entries(parseObject(file, header)).filter(([name]) => name !== "__metadata__");
  if (entries.length > LIMITS.tensors) {
    throw broken(file, `has ${entries.length} tensors; at most ${LIMITS.tensors} are read`);
  }
  const tensors = entries.map(([name, entry]) => parseTensor(file, name, entry, dataBytes));
  const total = tensors.reduce((sum, tensor) => sum + tensor.bytes, 0);
  if (total > dataBytes) {
    throw broken(file, `has tensors of ${total} bytes in ${dataBytes} bytes of data: they overlap`);
  }
  return tensors;
}

function parseObject(file: string, header: Uint8Array): object {
  try {
    const parsed: unknown = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(header));
    if (typeof parsed === "object" && parsed !== null && !Array.isArray(parsed)) return parsed;
  } catch (error) {
    throw broken(file, `has a header that is not JSON: ${(error as Error).message.slice(0, 80)}`, error);
  }
  throw broken(file, "has a header that is not a JSON object");
}

function parseTensor(file: string, name: string, entry: unknown, dataBytes: number): Tensor {
  if (name.length > LIMITS.nameLength) {
    throw broken(
      file,
      `has a tensor with a name of ${name.length} characters; at most ${LIMITS.nameLength} are read`,
    );
  }
  const wrong = (what: string) => broken(file, `tensor ${JSON.stringify(name.slice(0, 80))} ${what}`);
  if (typeof entry !== "object" || entry === null) throw wrong("has no description");
  const { dtype, shape, data_offsets: offsets } = entry as Record<string, unknown>;
  if (typeof dtype !== "string" || dtype.length > 32) throw wrong("has no type");
  if (!isCounts(shape) || shape.length > LIMITS.dimensions) throw wrong("has no shape of whole numbers");
  if (!isCounts(offsets) || offsets.length !== 2) throw wrong("has no two data_offsets");
  const [begin = 0, end = 0] = offsets;
  if (begin > end || end > dataBytes) {
    throw wrong(
      `is at bytes ${begin} to ${end} of a file with ${dataBytes} bytes of data: the file is cut off`,
    );
  }
  const elements = shape.reduce((product, size) => product * size, 1);
  const bits = ELEMENT_BITS[dtype];
  if (bits !== undefined && (elements * bits) / 8 !== end - begin) {
    throw wrong(`has ${elements} elements of ${dtype} in ${end - begin} bytes`);
  }
  return { name, dtype, elements, bytes: bytes(end - begin) };
}

const isCounts = (value: unknown): value is readonly number[] =>
  Array.isArray(value) && value.every((item) => Number.isSafeInteger(item) && (item as number) >= 0);

const broken = (file: string, reason: string, cause?: unknown): UnreadableCheckpointError =>
  new UnreadableCheckpointError(file, reason, cause === undefined ? {} : { cause });

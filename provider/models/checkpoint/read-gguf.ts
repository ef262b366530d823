import { UnreadableCheckpointError } from "../../errors.ts";
import type { Dtype } from "../../schema/precision.ts";
import { isGguf } from "../shape/gguf-types.ts";
import type { CheckpointFile, CheckpointFiles } from "./files.ts";
import { type GgufHeader, parseGgufHeader } from "./gguf-header.ts";
import { shapeOfGguf } from "./gguf-shape.ts";
import { addTensors, checkpointBytes, EMPTY_INVENTORY, mainDtype, parameterCounts } from "./inventory.ts";
import { LIMITS } from "./limits.ts";
import type { ReadCheckpoint } from "./read-result.ts";

/** First guess of a header's length, and how much more is read when it was too short. */
const FIRST_BYTES = 1024 ** 2;
const GROWTH = 4;

export async function readGguf(
  id: string,
  files: CheckpointFiles,
  parts: readonly CheckpointFile[],
): Promise<ReadCheckpoint> {
  const headers: GgufHeader[] = [];
  for (const part of parts) headers.push(await readHeader(files, part));
  const [first] = headers;
  const tensors = headers.flatMap((header) => header.tensors);
  if (tensors.length > LIMITS.tensors) {
    throw new UnreadableCheckpointError(
      files.place,
      `has ${tensors.length} tensors; at most ${LIMITS.tensors} are read`,
    );
  }
  if (!first || tensors.length === 0) {
    throw new UnreadableCheckpointError(files.place, "has a GGUF file without a tensor in it");
  }
  const shape = shapeOfGguf(id, `${files.place}/${parts[0]?.name}`, {
    metadata: first.metadata,
    tensors,
  });
  const inventory = addTensors(EMPTY_INVENTORY, tensors, shape.layers);
  const main = mainDtype(inventory);
  return {
    shape: {
      ...shape,
      ...(main !== undefined && isDtype(main) && { nativeDtype: main }),
      checkpoint: {
        bytes: checkpointBytes(inventory, shape.tied),
        parameters: parameterCounts(inventory, shape.tied),
      },
    },
    read: `the header of ${parts.length === 1 ? parts[0]?.name : `${parts.length} GGUF files`} (${tensors.length} tensors)`,
  };
}

const isDtype = (name: string): name is Dtype =>
  isGguf(name) || ["fp32", "fp16", "bf16", "mxfp4"].includes(name);

async function readHeader(files: CheckpointFiles, { name, bytes }: CheckpointFile): Promise<GgufHeader> {
  const path = `${files.place}/${name}`;
  for (let length = FIRST_BYTES; ; length *= GROWTH) {
    const end = Math.min(length, bytes, LIMITS.ggufHeaderBytes);
    const header = parseGgufHeader(path, await files.read(name, 0, end));
    if (header) return header;
    if (end === bytes)
      throw new UnreadableCheckpointError(path, "ends in the middle of its header: it is cut off");
    if (end === LIMITS.ggufHeaderBytes) {
      throw new UnreadableCheckpointError(path, `has a header of more than ${LIMITS.ggufHeaderBytes} bytes`);
    }
  }
}

import { bytes } from "../../bytes.ts";
import { UnreadableCheckpointError } from "../../errors.ts";
import type { ModelConfig } from "../../schema/model-config.ts";
import type { Dtype } from "../../schema/precision.ts";
import { countParameters, totalParameters } from "../shape/parameters.ts";
import { isQuantised } from "../shape/precision.ts";
import type { ModelShape } from "../shape/shape.ts";
import type { CheckpointFile, CheckpointFiles } from "./files.ts";
import {
  addTensors,
  checkpointBytes,
  EMPTY_INVENTORY,
  type Inventory,
  mainDtype,
  parameterCounts,
} from "./inventory.ts";
import type { ReadCheckpoint } from "./read-result.ts";
import { headerLength, LENGTH_BYTES, parseSafetensorsHeader } from "./safetensors-header.ts";
import { shardsOf } from "./shards.ts";

/** Headers read at the same time: over the network each is a round trip. */
const AT_ONCE = 4;

/** What most bytes of a checkpoint without a quantization_config are, by the format's names. */
const DTYPE: Readonly<Record<string, Dtype>> = {
  F32: "fp32",
  BF16: "bf16",
  F16: "fp16",
  F8_E4M3: "fp8",
  F8_E5M2: "fp8",
};

export async function readSafetensors(
  model: { readonly shape: ModelShape; readonly config: ModelConfig },
  files: CheckpointFiles,
  listed: readonly CheckpointFile[],
): Promise<ReadCheckpoint> {
  const { shards, doubts } = await shardsOf(files, listed);
  const inventory = await inventoryOf(files, shards, model.shape.layers);
  const { config } = model;
  const stated = config.text_config?.tie_word_embeddings ?? config.tie_word_embeddings;
  const tied = stated ?? inventory.bytes.head === 0;
  const main = mainDtype(inventory);
  const { nativeDtype: configured, quantization } = model.shape;
  const named = configured ?? (main === undefined || quantization !== undefined ? undefined : DTYPE[main]);
  // The bytes are known, whatever the format calls itself: only how wide it is on the whole is told by a name known here.
  const nativeDtype = named ?? nearestFormat(inventory, model.shape);
  const packed = nativeDtype === undefined || isQuantised(nativeDtype);
  return {
    shape: {
      ...model.shape,
      tied,
      ...(nativeDtype !== undefined && { nativeDtype }),
      checkpoint: {
        bytes: checkpointBytes(inventory, tied),
        ...(!packed && { parameters: parameterCounts(inventory, tied) }),
      },
      ...(doubts.length > 0 && { doubts }),
    },
    read: `config.json and the headers of ${shards.length} safetensors files (${inventory.tensors} tensors)`,
  };
}

/** A format of about as many bits as the tensors take for each weight of the shape. */
function nearestFormat(inventory: Inventory, shape: ModelShape): Dtype {
  const { embeddings, head } = inventory.bytes;
  const stored = Object.values(inventory.bytes).reduce((sum, size) => sum + size, 0) - embeddings - head;
  const counts = countParameters(shape);
  const bits = (stored * 8) / Math.max(totalParameters(counts) - counts.embeddings, 1);
  if (bits < 6.5) return "int4";
  return bits < 12 ? "fp8" : "bf16";
}

async function inventoryOf(
  files: CheckpointFiles,
  shards: readonly CheckpointFile[],
  layers: number,
): Promise<Inventory> {
  let inventory = EMPTY_INVENTORY;
  for (let first = 0; first < shards.length; first += AT_ONCE) {
    const some = shards.slice(first, first + AT_ONCE);
    const headers = await Promise.all(some.map(async (shard) => readHeader(files, shard)));
    for (const tensors of headers) inventory = addTensors(inventory, tensors, layers);
  }
  if (inventory.tensors === 0) {
    throw new UnreadableCheckpointError(files.place, "has safetensors files without a tensor in them");
  }
  return inventory;
}

async function readHeader(files: CheckpointFiles, shard: CheckpointFile) {
  const path = `${files.place}/${shard.name}`;
  const start = await files.read(shard.name, 0, LENGTH_BYTES);
  const length = headerLength(path, start, shard.bytes);
  const header = await files.read(shard.name, LENGTH_BYTES, LENGTH_BYTES + length);
  if (header.length < length) throw new UnreadableCheckpointError(path, "ends before its header does");
  return parseSafetensorsHeader(path, header, bytes(shard.bytes - LENGTH_BYTES - length));
}

import { bytes, type Bytes } from "../../bytes.ts";
import type { CheckpointBytes } from "../shape/contents.ts";
import type { ParameterCounts } from "../shape/contents.ts";
import { tensorRole, type TensorRole } from "./tensor-role.ts";
import type { Tensor } from "./tensor.ts";

/** A checkpoint, tensor by tensor, summed up: its tensors are far too many to keep. */
export interface Inventory {
  readonly tensors: number;
  readonly bytes: Readonly<Record<TensorRole, Bytes>>;
  /** Of the elements as stored. */
  readonly elements: Readonly<Record<TensorRole, number>>;
  /** Bytes by type of element, the head that a tied model repeats left out. */
  readonly bytesByDtype: ReadonlyMap<string, Bytes>;
}

const NOTHING: Readonly<Record<TensorRole, Bytes>> = {
  embeddings: bytes(0),
  head: bytes(0),
  attention: bytes(0),
  keyValue: bytes(0),
  latent: bytes(0),
  dense: bytes(0),
  experts: bytes(0),
  small: bytes(0),
  vision: bytes(0),
  prediction: bytes(0),
};

export const EMPTY_INVENTORY: Inventory = {
  tensors: 0,
  bytes: NOTHING,
  elements: NOTHING,
  bytesByDtype: new Map(),
};

/** Adds the tensors of one more file. */
export function addTensors(inventory: Inventory, tensors: readonly Tensor[], layers: number): Inventory {
  const sums = { ...inventory.bytes };
  const elements = { ...inventory.elements };
  const byDtype = new Map(inventory.bytesByDtype);
  for (const tensor of tensors) {
    const role = tensorRole(tensor.name, layers);
    sums[role] = bytes(sums[role] + tensor.bytes);
    elements[role] += tensor.elements;
    byDtype.set(tensor.dtype, bytes((byDtype.get(tensor.dtype) ?? 0) + tensor.bytes));
  }
  return {
    tensors: inventory.tensors + tensors.length,
    bytes: sums,
    elements,
    bytesByDtype: byDtype,
  };
}

/** The type that most bytes are of. */
export const mainDtype = (inventory: Inventory): string | undefined =>
  [...inventory.bytesByDtype].toSorted(([, a], [, b]) => b - a)[0]?.[0];

/** A tied model whose files repeat the table as a head does not load it twice. */
export function checkpointBytes({ bytes: of }: Inventory, tied: boolean): CheckpointBytes {
  const head = tied ? 0 : of.head;
  return {
    divided: bytes(of.embeddings + head + of.attention + of.dense + of.experts),
    keyValue: of.keyValue,
    whole: bytes(of.latent + of.small + of.vision),
    ...(of.vision > 0 && { vision: of.vision }),
    prediction: of.prediction,
  };
}

/** Parameters by part, of a checkpoint whose elements are its parameters. */
export const parameterCounts = ({ elements }: Inventory, tied: boolean): ParameterCounts => ({
  embeddings: elements.embeddings + (tied ? 0 : elements.head),
  attention: elements.attention,
  keyValue: elements.keyValue,
  latent: elements.latent,
  dense: elements.dense,
  shared: 0,
  experts: elements.experts,
  small: elements.small,
  vision: elements.vision,
  beyond: elements.prediction,
});

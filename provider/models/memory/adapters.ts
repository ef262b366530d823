import { headWidths, layerKindsOf } from "../shape/layer-kinds.ts";
import type { ModelShape } from "../shape/shape.ts";
import { memoryRange, type MemoryTerm } from "./memory-term.ts";
import type { Serving } from "./serving.ts";

/** Adapters are held in what the model computes in. */
const ADAPTER_BYTES = 2;

/**
 * Room for LoRA adapters, made at start-up for every projection: a matrix from the input to the rank and one from the rank to
 * the output. Ranks share the wider side of each (`vllm/lora/layers`, 0.33.0, without `--fully-sharded-loras`). `low` leaves
 * out routed experts, which not every model class adapts; `high` counts the head too.
 */
export function adaptersTerm(
  shape: ModelShape,
  serving: Serving,
  tensorParallel: number,
): MemoryTerm | undefined {
  if (!serving.lora) return undefined;
  const { maxLoras, maxLoraRank } = serving.lora;
  const of = (numbers: number): number => maxLoras * maxLoraRank * numbers * ADAPTER_BYTES;
  const mixers = layerKindsOf(shape).reduce(
    (sum, kind) => sum + kind.layers * mixerNumbers(shape, kind.mixer, tensorParallel),
    0,
  );
  const dense = shape.experts ? 0 : shape.layers * forwardNumbers(shape, tensorParallel);
  const experts = shape.experts
    ? shape.layers * shape.experts.count * forwardNumbers(shape, tensorParallel)
    : 0;
  const head = shape.hidden + shape.vocab;
  return {
    name: "adapters",
    ...memoryRange(of(mixers + dense), of(mixers + dense + experts), of(mixers + dense + experts + head)),
    reason: `${maxLoras} LoRA adapters of rank ${maxLoraRank}`,
    calibrated: false,
  };
}

/** Numbers per rank of an adapter: inputs and outputs of queries, keys, values and the output. */
function mixerNumbers(
  shape: ModelShape,
  mixer: ReturnType<typeof layerKindsOf>[number]["mixer"],
  ranks: number,
): number {
  if (mixer.kind !== "attention") return 2 * (shape.hidden + (shape.heads * shape.headDim) / ranks);
  const { heads, kvHeads, headDim, valueDim } = headWidths(shape, mixer);
  const inputs = 3 * shape.hidden + (heads * valueDim) / ranks;
  const outputs = (heads * headDim + kvHeads * (headDim + valueDim)) / ranks + shape.hidden;
  return inputs + outputs;
}

/** Gate and up from the whole input, down to the whole output. */
const forwardNumbers = ({ hidden, ffn }: ModelShape, ranks: number): number =>
  2 * (hidden + ffn / ranks) + ffn / ranks + hidden;

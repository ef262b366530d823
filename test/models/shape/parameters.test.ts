import { expect, test } from "vitest";

import { CATALOG } from "../../../provider/models/catalog/catalog-data.ts";
import { countParameters, totalParameters } from "../../../provider/models/shape/parameters.ts";
import { shapeOfSpec } from "../../../provider/models/shape/shape.ts";
import { modelSpecSchema } from "../../../provider/schema/model-spec.ts";
import { catalogShape, QWEN3_NEXT } from "../shapes.ts";
import { LANGUAGE_MODEL_ONLY } from "./language-model-only.ts";

const published = CATALOG.filter(({ verified, params }) => verified !== "no" && params !== undefined);

test("all but the unconfirmed rows can be checked", () => {
  expect(published).toHaveLength(192);
});

test.each(published.map((model) => [model.id, model] as const))(
  "the shape of %s adds up to its parameters, to the last digit",
  (id, model) => {
    const counts = countParameters(model);
    expect(totalParameters({ ...counts, vision: 0, beyond: 0 })).toBe(
      LANGUAGE_MODEL_ONLY[id] ?? model.params,
    );
    expect(totalParameters(counts)).toBe(model.params);
  },
);

test("gpt-oss: what is packed in mxfp4 is its experts, and all else is the rest", () => {
  const model = CATALOG.find(({ id }) => id === "openai/gpt-oss-20b");
  const counts = model && countParameters(model);
  expect(counts?.experts).toBe(19_110_297_600);
  expect(counts && totalParameters(counts) - counts.experts).toBe(1_804_459_584);
});

test("a model without a published total has the parameters of its shape", () => {
  const spec = {
    name: "llama",
    layers: 32,
    hidden: 4096,
    heads: 32,
    kvHeads: 8,
    ffn: 14_336,
    vocab: 128_256,
  };
  const shape = shapeOfSpec(modelSpecSchema.parse(spec));
  expect(totalParameters(countParameters(shape))).toBe(8_030_261_248);
});

test("a model with recurrent states adds up to what llama.cpp counts, 79.67 billion", () => {
  expect(Number((totalParameters(countParameters(QWEN3_NEXT)) / 1e9).toFixed(2))).toBe(79.67);
});

/** Depth, hidden_size and intermediate_size of a vision_config. */
type Tower = readonly [depth: number, hidden: number, ffn: number];
const LARGE: Tower = [27, 1152, 4304];
const MEDIUM: Tower = [24, 1024, 4096];
const SMALL: Tower = [12, 768, 3072];

/** Tower and merger of Qwen3-VL and Qwen3.5, in the words of their vision_config; biases everywhere. */
function visionTower(outHidden: number, deepstackLayers: number, [depth, hidden, ffn]: Tower): number {
  const positions = 2304;
  const patches = 3 * 2 * 16 * 16 * hidden + hidden + positions * hidden;
  const attention = hidden * 3 * hidden + 3 * hidden + hidden * hidden + hidden;
  const block = 4 * hidden + attention + hidden * ffn + ffn + ffn * hidden + hidden;
  const merged = 4 * hidden;
  const projections = merged * merged + merged + merged * outHidden + outHidden;
  return patches + depth * block + 2 * hidden + projections + deepstackLayers * (2 * merged + projections);
}

test.each<[id: string, deepstackLayers: number, tower: Tower]>([
  ["Qwen/Qwen3-VL-2B-Instruct", 3, MEDIUM],
  ["Qwen/Qwen3-VL-4B-Instruct", 3, MEDIUM],
  ["Qwen/Qwen3-VL-8B-Instruct", 3, LARGE],
  ["Qwen/Qwen3-VL-32B-Instruct", 3, LARGE],
  ["Qwen/Qwen3-VL-30B-A3B-Instruct", 3, LARGE],
  ["Qwen/Qwen3-VL-235B-A22B-Instruct", 3, LARGE],
  ["Qwen/Qwen3.5-0.8B", 0, SMALL],
  ["Qwen/Qwen3.5-2B", 0, MEDIUM],
  ["Qwen/Qwen3.5-4B", 0, MEDIUM],
  ["Qwen/Qwen3.5-9B", 0, LARGE],
  ["Qwen/Qwen3.5-27B", 0, LARGE],
  ["Qwen/Qwen3.5-35B-A3B", 0, LARGE],
  ["Qwen/Qwen3.5-122B-A10B", 0, LARGE],
  ["Qwen/Qwen3.5-397B-A17B", 0, LARGE],
])("the vision tower of %s adds up from its own config", (id, deepstackLayers, tower) => {
  const shape = catalogShape(id);
  expect(shape.visionParams).toBe(visionTower(shape.hidden, deepstackLayers, tower));
});

test("the tower of Mistral's models is one, and what leads from it is as wide as each of them", () => {
  const merged = 1024;
  const tower = (id: string): number => {
    const { hidden, visionParams = 0 } = catalogShape(id);
    return visionParams - (merged + 4 * merged * merged + merged * hidden + hidden * hidden);
  };
  expect(tower("mistralai/Mistral-Small-3.2-24B-Instruct-2506")).toBe(403_305_472);
  for (const size of ["3B", "8B", "14B"]) {
    expect(tower(`mistralai/Ministral-3-${size}-Instruct-2512`)).toBe(403_305_472);
  }
});

// One layer of the ordinary kind, its two inputs normalised and projected to one, and a last norm.
test.each([
  ["Qwen/Qwen3-Next-80B-A3B-Instruct"],
  ["Qwen/Qwen3.5-0.8B"],
  ["Qwen/Qwen3.5-2B"],
  ["Qwen/Qwen3.5-4B"],
  ["Qwen/Qwen3.5-9B"],
  ["Qwen/Qwen3.8-27B"],
  ["Qwen/Qwen3.5-27B"],
  ["Qwen/Qwen3.5-35B-A3B"],
  ["Qwen/Qwen3.5-122B-A10B"],
  ["Qwen/Qwen3.5-397B-A17B"],
])("the rest of the total of %s is its layer for multi-token prediction", (id) => {
  const shape = catalogShape(id);
  const { params: _, linearAttention: __, visionParams: ___, ...ordinary } = shape;
  const oneLayer = countParameters({ ...ordinary, layers: 1 });
  const layer = totalParameters({ ...oneLayer, embeddings: 0 }) - shape.hidden;
  expect(countParameters(shape).beyond).toBe(layer + 2 * shape.hidden * shape.hidden + 3 * shape.hidden);
});

test("the vision tower of Llama-4 and what leads from it add up", () => {
  const [layers, hidden, ffn, output] = [34, 1408, 5632, 4096];
  const block = 4 * (hidden * hidden + hidden) + hidden * ffn + ffn + ffn * hidden + hidden + 4 * hidden;
  const positions = (336 / 14) ** 2 + 1;
  const ends = 14 * 14 * 3 * hidden + hidden + positions * hidden + 4 * hidden;
  const adapter = ffn * output + output * output + output * 5120;
  const tower = layers * block + ends + adapter;
  expect(catalogShape("meta-llama/Llama-4-Scout-17B-16E-Instruct").visionParams).toBe(tower);
  expect(catalogShape("meta-llama/Llama-4-Maverick-17B-128E-Instruct").visionParams).toBe(tower);
});

// The same layer once more, with an indexer of its own; DeepSeek's has its own tables too.
test.each([
  ["deepseek-ai/DeepSeek-V3.2", 2 * 129_280 * 7168],
  ["zai-org/GLM-5", 0],
  ["zai-org/GLM-5.2", 0],
])("the rest of the total of %s is its layer for multi-token prediction, tables of %d", (id, tables) => {
  const shape = catalogShape(id);
  const { hidden, heads, headDim, ffn } = shape;
  const [queries, indexer, values] = id.startsWith("zai") ? [2048, 32, 256] : [1536, 64, 128];
  const attention =
    hidden * queries +
    queries +
    queries * heads * headDim +
    hidden * (512 + 64) +
    512 +
    512 * heads * (headDim - 64 + values) +
    heads * values * hidden;
  const picks = queries * indexer * 128 + hidden * 128 + 2 * 128 + hidden * indexer;
  const experts = 257 * 3 * hidden * ffn + hidden * 256 + 256;
  const layer = attention + picks + experts + 2 * hidden;
  expect(countParameters(shape).beyond).toBe(layer + 2 * hidden * hidden + 3 * hidden + tables);
});

test.each([
  ["zai-org/GLM-4.5-Air", 2 * 151_552 * 4096],
  ["zai-org/GLM-4.5", 2 * 151_552 * 5120],
  ["zai-org/GLM-4.6", 0],
])("the rest of the total of %s is one more layer of experts, and tables of %d", (id, tables) => {
  const shape = catalogShape(id);
  const { params: _, ...counted } = shape;
  const oneMore = totalParameters(countParameters({ ...counted, layers: shape.layers + 1 }));
  const layer = oneMore - totalParameters(countParameters(counted));
  expect(countParameters(shape).beyond).toBe(layer + 2 * shape.hidden ** 2 + 3 * shape.hidden + tables);
});

test("Qwen3-Coder-Next-FP8: 4,821,504 scales are one for every block of what is quantised", () => {
  const shape = catalogShape("Qwen/Qwen3-Coder-Next-FP8");
  const { attention, keyValue, dense, shared, experts } = countParameters(shape);
  const [linearLayers, valueHeads, channels, kernel] = [36, 32, 2 * 16 * 128 + 32 * 128, 4];
  const rates = shape.hidden * 2 * valueHeads;
  const in16Bit = linearLayers * (rates + channels * kernel);
  const quantised = attention + keyValue + dense + shared + experts - in16Bit;
  expect(quantised).toBe(4_821_504 * 128 * 128);
  expect(shape.weightsBytes).toBe(quantised + 4_821_504 * 4 + 2 * (79_674_391_296 - quantised));
});

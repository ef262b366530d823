import { expect, test } from "vitest";

import { CATALOG } from "../../provider/models/catalog-data.ts";
import { countParameters, totalParameters } from "../../provider/models/parameters.ts";
import { shapeOfSpec } from "../../provider/models/shape.ts";
import { modelSpecSchema } from "../../provider/schema/model.ts";
import { QWEN3_NEXT } from "./shapes.ts";

/** Published totals that hold more than the language model: what the language model alone comes to. */
const LANGUAGE_MODEL_ONLY: Readonly<Record<string, number>> = {
  "google/gemma-3-4b-it": 3_880_263_168,
  "google/gemma-3-12b-it": 11_766_034_176,
  "google/gemma-3-27b-it": 27_009_346_304,
  "deepseek-ai/DeepSeek-V3": 671_026_419_200,
  "deepseek-ai/DeepSeek-R1": 671_026_419_200,
};

const published = CATALOG.filter(({ verified, params }) => verified !== "no" && params !== undefined);

test("all but the unconfirmed rows can be checked", () => {
  expect(published).toHaveLength(45);
});

test.each(published.map((model) => [model.id, model] as const))(
  "the shape of %s adds up to its parameters, to the last digit",
  (id, model) => {
    const counts = countParameters(model);
    expect(totalParameters({ ...counts, beyond: 0 })).toBe(LANGUAGE_MODEL_ONLY[id] ?? model.params);
    expect(totalParameters(counts)).toBe(model.params);
  },
);

test("gpt-oss: what is packed in mxfp4 is its experts, and all else is the rest", () => {
  const model = CATALOG.find(({ id }) => id === "openai/gpt-oss-20b");
  const counts = model && countParameters(model);
  expect(counts?.experts).toBe(19_110_297_600);
  expect(counts && totalParameters(counts) - counts.experts).toBe(1_804_459_584);
});

test("without a published total the shape is what counts", () => {
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

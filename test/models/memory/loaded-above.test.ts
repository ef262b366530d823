import { expect, test } from "vitest";

import { CATALOG } from "../../../provider/models/catalog/catalog-data.ts";
import {
  absorbedProjectionBytes,
  allocatorRounding,
  ropeTableBytes,
} from "../../../provider/models/memory/loaded-above.ts";
import { type Matrix, rankMatrices, sumOfMatrices } from "../../../provider/models/memory/rank-matrices.ts";
import { countParameters } from "../../../provider/models/shape/parameters.ts";
import { catalogShape, inGibibytes, LLAMA_8B } from "../shapes.ts";

const MEBI = 1024 ** 2;
const weightsOf = ({ rows, width }: Matrix): number => rows * width;

test("every matrix of Llama-3.1-8B is a multiple of 2 MiB, so that only small tensors are rounded up", () => {
  expect(allocatorRounding(LLAMA_8B, "bf16", 1).allocated).toBeLessThan(MEBI);
});

test("R15: queries with keys and values, output and down of Qwen2.5-32B leave 1 MiB each on one of two ranks", () => {
  const { allocated } = allocatorRounding(catalogShape("Qwen/Qwen2.5-32B"), "bf16", 2);
  expect(allocated / (64 * 3 * MEBI)).toBeCloseTo(1, 1);
});

test("GLM-5 in fp8 holds its expanding projection once more in 16 bit, and not where it is in 16 bit", () => {
  const shape = catalogShape("zai-org/GLM-5");
  // 78 layers x 64 heads x 512 x (192 + 256) x 2 B over 8 ranks.
  const once = (78 * 64 * 512 * (192 + 256) * 2) / 8;
  expect(absorbedProjectionBytes(shape, "fp8", 8)).toBe(once);
  expect(inGibibytes(once)).toBe(0.27);
  expect(absorbedProjectionBytes(shape, "bf16", 8)).toBe(0);
  expect(absorbedProjectionBytes(LLAMA_8B, "fp8", 8)).toBe(0);
});

test("the table of positions is as long as the longest context", () => {
  expect(ropeTableBytes(LLAMA_8B)).toBe(131_072 * 128 * 2);
  const { maxContext: _, ...unknown } = LLAMA_8B;
  expect(ropeTableBytes(unknown)).toBe(0);
});

/** Convolutions, rates, gates of one number and indexers are no matrices of their own here. */
test("the matrices of every model of the catalog are nearly all of its parameters beside the tables", () => {
  const far = CATALOG.filter((model) => {
    const { attention, keyValue, latent, dense, shared, experts } = countParameters(model);
    const counted = attention + keyValue + latent + dense + shared + experts;
    const matrices = sumOfMatrices(rankMatrices(model, 1), weightsOf);
    return counted > 0 && Math.abs(matrices / counted - 1) > 0.06;
  });
  expect(far.map(({ id }) => id)).toEqual([]);
});

test("one rank of eight has an eighth of what is divided", () => {
  const [all, one] = [1, 8].map((ranks) => sumOfMatrices(rankMatrices(LLAMA_8B, ranks), weightsOf));
  expect((one ?? 0) * 8).toBe(all);
});

const layersOf = (model: (typeof CATALOG)[number]): number =>
  rankMatrices(model, 1).reduce((sum, run) => sum + run.layers, 0);

test("every layer is there once, with its mixer and what follows it", () => {
  expect(CATALOG.filter((model) => layersOf(model) !== model.layers).map(({ id }) => id)).toEqual([]);
});

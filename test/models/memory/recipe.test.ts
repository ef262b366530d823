import { expect, test } from "vitest";

import { bytes } from "../../../provider/bytes.ts";
import { paddedRowBytes } from "../../../provider/models/memory/fp8-rows.ts";
import { allocatorRounding } from "../../../provider/models/memory/loaded-above.ts";
import { recipeDoubt } from "../../../provider/models/memory/recipe.ts";
import { weightsTerm } from "../../../provider/models/memory/weights.ts";
import { countParameters } from "../../../provider/models/shape/parameters.ts";
import { bytesPerWeight } from "../../../provider/models/shape/precision.ts";
import type { ModelShape } from "../../../provider/models/shape/shape.ts";
import type { Dtype } from "../../../provider/schema/precision.ts";
import { catalogShape, inGibibytes } from "../shapes.ts";

/** Of its own copy in fp8 the bytes are known; of anybody else's they are not. */
const { weightsBytes: BYTES, ...FP8 } = catalogShape("Qwen/Qwen3-Coder-Next-FP8");
const SIXTEEN_BIT = catalogShape("Qwen/Qwen3-Coder-Next");

test("attention and shared experts in 16 bit would be 1.6 GiB more of Qwen3-Coder-Next, in the upper bound alone", () => {
  const { attention, keyValue, shared } = countParameters(FP8);
  const more = (attention + keyValue + shared) * (2 - bytesPerWeight("fp8"));
  expect(inGibibytes(more)).toBe(1.58);
  const { low, best, high, reason } = weightsTerm(FP8, "fp8", 1);
  expect(high - best).toBeGreaterThanOrEqual(Math.floor(more));
  expect(best - low).toBeCloseTo(262_144 * 256 * 2 + allocatorRounding(FP8, "fp8", 1).allocated, -1);
  expect(reason).toContain("1.6 GiB if its recipe left attention and shared experts in 16 bit");
});

test("ranks divide it, and hold copies of keys and values as of any weights", () => {
  const counts = countParameters(FP8);
  const more = 2 - bytesPerWeight("fp8");
  const over = (ranks: number) => {
    const { low, high } = weightsTerm(FP8, "fp8", ranks);
    const rope = 262_144 * 256 * 2;
    const { reserved } = allocatorRounding(FP8, "fp8", ranks);
    return high - low * (1 + 0.029) - rope - reserved - paddedRowBytes(FP8, "fp8", ranks);
  };
  expect(over(4)).toBeCloseTo(((counts.attention + counts.shared) / 4 + counts.keyValue / 2) * more, -1);
});

test("where no expert takes its place, the feed-forward layer is quantised by every recipe", () => {
  const dense = catalogShape("Qwen/Qwen3.5-27B");
  const { attention } = countParameters(dense);
  expect(recipeDoubt(dense, "int4")?.divided).toBe(attention * (2 - bytesPerWeight("int4")));
});

test.each<[why: string, shape: ModelShape, dtype: Dtype]>([
  ["every layer is ordinary", catalogShape("Qwen/Qwen3-30B-A3B"), "int4"],
  ["nothing is quantised", SIXTEEN_BIT, "bf16"],
  ["vLLM quantises while loading", SIXTEEN_BIT, "fp8"],
  ["GGUF has a type for every tensor", SIXTEEN_BIT, "q4_k"],
  ["mxfp4 keeps all but experts", SIXTEEN_BIT, "mxfp4"],
  ["the bytes are known", catalogShape("Qwen/Qwen3-Coder-Next-FP8"), "fp8"],
])("nothing is in doubt when %s", (_, shape, dtype) => {
  expect(recipeDoubt(shape, dtype)).toBeUndefined();
});

test("the maker's own copy has the bytes that its scales tell of", () => {
  expect(inGibibytes((BYTES ?? 0) - weightsTerm(FP8, "fp8", 1).low, 2)).toBe(0.01);
});

test("headers of another precision tell nothing of a recipe", () => {
  const one = bytes(1);
  const checkpoint = { bytes: { divided: one, keyValue: one, whole: one, prediction: bytes(0) } };
  expect(recipeDoubt({ ...SIXTEEN_BIT, checkpoint }, "int4")).toBeDefined();
  expect(recipeDoubt({ ...FP8, checkpoint }, "fp8")).toBeUndefined();
});

import { describe, expect, test } from "vitest";

import { shapeOfName } from "../../../provider/models/sources/name-guess.ts";

describe("a name", () => {
  test.each([
    "tiiuae/falcon-mamba-7b",
    "RWKV/rwkv-6-world-7b",
    "google/t5gemma-9b-9b-ul2",
    "google/diffusiongemma-4b",
    "GSAI-ML/LLaDA-8B-Instruct",
    "Dream-org/Dream-v0-Instruct-7B",
    "someone/whisper-2b",
    "microsoft/bitnet-b1.58-2B-4T",
  ])("%s says that it is no decoder with keys and values, so that nothing is guessed", (name) => {
    expect(shapeOfName(name)).toBeUndefined();
  });

  test.each([
    "Qwen/Qwen2.5-VL-32B-Instruct",
    "mistralai/Voxtral-Small-24B-2507",
    "llava-hf/llava-1.5-7b-hf",
    "someone/Omni-7B",
  ])("%s says that it sees or hears: a guess is too low, and says so", (name) => {
    const [first, second] = shapeOfName(name)?.doubts ?? [];
    expect(first).toContain("too low");
    expect(second).toMatch(/^NOTHING IS KNOWN ABOUT/);
  });

  test.each(["my-org/Finetuned-8B", "someone/Dreamer-13B", "x/Robert-7B", "x/envision-8b"])(
    "%s says nothing but its size",
    (name) => {
      expect(shapeOfName(name)?.doubts).toHaveLength(1);
    },
  );
});

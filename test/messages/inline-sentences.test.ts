import { join } from "node:path";

import { expect, test } from "vitest";

import { findPackageRoot } from "../../tools/engine/places.ts";
import { inlineSentences } from "./inline-sentences.ts";

test("every sentence that is made outside of a table of messages reads as it was reviewed", async () => {
  const lines = [...inlineSentences(join(findPackageRoot(), "provider"))].flatMap(([path, sentences]) => [
    `== ${path}`,
    ...sentences.map((sentence) => `  ${sentence}`),
    "",
  ]);
  await expect(lines.join("\n")).toMatchFileSnapshot("inline-sentences.txt");
});

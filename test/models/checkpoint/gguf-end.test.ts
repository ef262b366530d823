import { writeFileSync } from "node:fs";
import { join } from "node:path";

import { expect, test } from "vitest";

import { readCheckpoint } from "../../../provider/models/checkpoint/read-checkpoint.ts";
import { directoryFiles } from "../../../provider/models/sources/directory.ts";
import { folder, writeSparse } from "./written-checkpoints.ts";
import { gguf, llamaGguf } from "./written-gguf.ts";

async function readFolder(path: string) {
  const files = await directoryFiles(path);
  if (!files) throw new Error(`nothing at ${path}`);
  return readCheckpoint(path, files);
}

test("a GGUF file that ends within its header is cut off, and one whose header never ends is given up", async () => {
  const path = folder();
  writeFileSync(join(path, "m.gguf"), gguf(llamaGguf()).subarray(0, 1_500_000));
  await expect(readFolder(path)).rejects.toThrow(/m\.gguf ends in the middle of its header: it is cut off/);
  const endless = Buffer.from(
    gguf({ metadata: { "general.architecture": { kind: "text", value: "llama" } }, tensors: [] }),
  );
  // The length of its last text.
  endless.writeBigUInt64LE(2n ** 30n, endless.length - "llama".length - 8);
  writeSparse(join(path, "m.gguf"), endless, 200 * 1024 ** 2);
  await expect(readFolder(path)).rejects.toThrow("m.gguf has a header of more than 67108864 bytes");
});

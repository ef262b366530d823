import { mkdirSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { expect, test } from "vitest";

import { readCheckpoint } from "../../../provider/models/checkpoint/read-checkpoint.ts";
import { weightsPerRank } from "../../../provider/models/memory/weights.ts";
import { countParameters } from "../../../provider/models/shape/parameters.ts";
import { directoryFiles } from "../../../provider/models/sources/directory.ts";
import { estimateOf, LLAMA_8B } from "../shapes.ts";
import {
  counted,
  folder,
  LLAMA_8B_CONFIG,
  LLAMA_8B_SIZES,
  llamaTensors,
  safetensors,
  TINY_CONFIG,
  TINY_SIZES,
  writeCheckpoint,
  writeSparse,
} from "./written-checkpoints.ts";
import { gguf, llamaGguf } from "./written-gguf.ts";

async function filesIn(path: string) {
  const files = await directoryFiles(path);
  if (!files) throw new Error(`nothing at ${path}`);
  return files;
}

const readFolder = async (path: string) => readCheckpoint("org/model", await filesIn(path));

test("the headers of Llama-3.1-8B give what the catalog has, to the byte, and its 16 GB are not read", async () => {
  const path = folder();
  const tensors = llamaTensors(LLAMA_8B_SIZES);
  writeCheckpoint(path, LLAMA_8B_CONFIG, [
    tensors.slice(0, 100),
    tensors.slice(100, 200),
    tensors.slice(200),
  ]);
  const files = counted(await filesIn(path));
  const { shape, read } = await readCheckpoint("org/model", files);
  expect(read).toBe("config.json and the headers of 3 safetensors files (291 tensors)");
  expect(files.bytesRead()).toBeLessThan(100_000);
  expect(countParameters(shape)).toEqual({ ...countParameters(LLAMA_8B), vision: 0 });
  for (const ranks of [1, 2, 8, 16]) {
    expect(weightsPerRank(shape, "bf16", ranks)).toBe(weightsPerRank(LLAMA_8B, "bf16", ranks));
    expect(estimateOf(shape, {}, ranks).high).toBe(estimateOf(LLAMA_8B, {}, ranks).high);
  }
  // Another precision is counted by the parameters that were read.
  expect(weightsPerRank(shape, "fp8", 1)).toBe(weightsPerRank(LLAMA_8B, "fp8", 1));
});

test("a tied model whose files repeat the table as a head loads it once", async () => {
  const path = folder();
  writeCheckpoint(path, { ...TINY_CONFIG, tie_word_embeddings: true }, [llamaTensors(TINY_SIZES)]);
  const { shape } = await readFolder(path);
  const table = TINY_SIZES.vocab * TINY_SIZES.hidden;
  expect(countParameters(shape).embeddings).toBe(table);
  expect(weightsPerRank({ ...shape, tied: false }, "bf16", 1)).toBe(weightsPerRank(shape, "bf16", 1));
});

test("a model without a head is tied, whatever its config leaves open", async () => {
  const path = folder();
  writeCheckpoint(path, TINY_CONFIG, [llamaTensors(TINY_SIZES).slice(0, -1)]);
  expect((await readFolder(path)).shape.tied).toBe(true);
});

test("a repository with the same weights as consolidated files counts them once", async () => {
  const path = folder();
  const { start, fileBytes } = safetensors(llamaTensors(TINY_SIZES));
  writeFileSync(join(path, "config.json"), JSON.stringify(TINY_CONFIG));
  writeSparse(join(path, "model.safetensors"), start, fileBytes);
  writeSparse(join(path, "consolidated.safetensors"), start, fileBytes);
  mkdirSync(join(path, "original.safetensors"));
  const { shape, read } = await readFolder(path);
  expect(read).toContain("1 safetensors files");
  expect(shape.doubts).toBeUndefined();
});

test("an fp8 checkpoint counts its scales where their matrix is, and its bytes as they are", async () => {
  const path = folder();
  const matrices = llamaTensors(TINY_SIZES, "F8_E4M3").filter(({ name }) => name.includes("_proj"));
  const scales = matrices.map(({ name }) => ({ name: `${name}_scale_inv`, dtype: "F32", shape: [1, 1] }));
  const others = llamaTensors(TINY_SIZES).filter(({ name }) => !name.includes("_proj"));
  const config = { ...TINY_CONFIG, quantization_config: { quant_method: "fp8" } };
  writeCheckpoint(path, config, [[...matrices, ...scales, ...others]]);
  const { shape } = await readFolder(path);
  const { hidden, vocab, ffn, layers } = TINY_SIZES;
  const keyValue = layers * (2 * 32 * hidden + 2 * 4);
  const rest = layers * (2 * hidden * hidden + 3 * hidden * ffn + 5 * 4);
  expect(shape.checkpoint?.bytes).toEqual({
    divided: 2 * vocab * hidden * 2 + rest,
    keyValue,
    whole: (2 * layers + 1) * hidden * 2,
    prediction: 0,
  });
  expect(shape.checkpoint?.parameters).toBeUndefined();
  expect(weightsPerRank(shape, "fp8", 2)).toBe(
    (2 * vocab * hidden * 2 + rest + keyValue) / 2 + (2 * layers + 1) * hidden * 2,
  );
});

test("packed int4 weighs what its packed tensors weigh", async () => {
  const path = folder();
  const config = { ...TINY_CONFIG, quantization_config: { quant_method: "awq", bits: 4, group_size: 64 } };
  const packed = [
    { name: "model.layers.0.self_attn.q_proj.qweight", dtype: "I32", shape: [64, 8] },
    { name: "model.layers.0.self_attn.q_proj.scales", dtype: "F16", shape: [1, 64] },
    { name: "model.layers.0.self_attn.q_proj.qzeros", dtype: "I32", shape: [1, 8] },
    { name: "model.embed_tokens.weight", dtype: "F16", shape: [1024, 64] },
  ];
  writeCheckpoint(path, config, [packed]);
  const { shape } = await readFolder(path);
  expect(shape).toMatchObject({ nativeDtype: "int4", groupSize: 64, quantization: "awq" });
  expect(weightsPerRank(shape, "int4", 1)).toBe(64 * 8 * 4 + 64 * 2 + 8 * 4 + 1024 * 64 * 2);
});

test("a GGUF file weighs its blocks, whatever they are mixed of", async () => {
  const path = folder();
  const written = llamaGguf();
  writeSparse(join(path, "llama-q4_k_m.gguf"), gguf(written), 5 * 1024 ** 3);
  const files = counted(await filesIn(path));
  const { shape, read } = await readCheckpoint("org/model", files);
  expect(read).toBe("the header of llama-q4_k_m.gguf (291 tensors)");
  expect(files.bytesRead()).toBeLessThan(6 * 1024 ** 2);
  const weightsOf = (type: number) =>
    written.tensors
      .filter((tensor) => tensor.type === type)
      .reduce((sum, tensor) => sum + tensor.shape.reduce((product, size) => product * size, 1), 0);
  const bytes = (weightsOf(12) / 256) * 144 + (weightsOf(14) / 256) * 210 + weightsOf(0) * 4;
  expect(shape).toMatchObject({
    nativeDtype: "q4_k",
    kvHeads: 8,
    vocab: 128_256,
    tied: false,
    quantization: "gguf",
  });
  expect(weightsPerRank(shape, "q4_k", 1)).toBe(bytes);
  expect(countParameters(shape)).toMatchObject({
    embeddings: 2 * 128_256 * 4096,
    keyValue: 32 * 2 * 4096 * 1024,
  });
});

test("a GGUF model in several files is one model; several models in one folder are a question", async () => {
  const path = folder();
  const { metadata, tensors } = llamaGguf();
  const halves = [tensors.slice(0, 150), tensors.slice(150)];
  for (const [at, half] of halves.entries()) {
    const header = gguf({ metadata: at === 0 ? metadata : {}, tensors: half });
    writeSparse(join(path, `llama-0000${at + 1}-of-00002.gguf`), header, 3 * 1024 ** 3);
  }
  expect((await readFolder(path)).read).toBe("the header of 2 GGUF files (291 tensors)");
  const first = await directoryFiles(join(path, "llama-00001-of-00002.gguf"));
  expect(await first?.list()).toHaveLength(2);
  writeFileSync(join(path, "llama-q8_0.gguf"), gguf({ metadata, tensors }));
  await expect(readFolder(path)).rejects.toThrow(
    /holds 2 models as GGUF files \(llama, llama-q8_0\.gguf\): give the path of one of them$/,
  );
  expect(await (await filesIn(join(path, "llama-q8_0.gguf"))).list()).toHaveLength(1);
});

test("a config without weights is counted from its shape, with a warning", async () => {
  const path = folder();
  writeFileSync(join(path, "config.json"), JSON.stringify(LLAMA_8B_CONFIG));
  const { shape, read } = await readFolder(path);
  expect(read).toBe("config.json");
  expect(shape.doubts).toEqual([expect.stringContaining("has no safetensors files")]);
  expect(weightsPerRank(shape, "bf16", 1)).toBe(2 * 8_030_261_248);
});

test("the links of the Hub's cache are followed", async () => {
  const [blobs, path] = [folder(), folder()];
  writeCheckpoint(blobs, TINY_CONFIG, [llamaTensors(TINY_SIZES)]);
  for (const name of ["config.json", "model.safetensors.index.json", "model-00001-of-00001.safetensors"]) {
    symlinkSync(join(blobs, name), join(path, name));
  }
  expect((await readFolder(path)).shape).toMatchObject({ layers: 2, nativeDtype: "bf16" });
});

function broken(change: (path: string) => void): string {
  const path = folder();
  writeCheckpoint(path, TINY_CONFIG, [llamaTensors(TINY_SIZES)]);
  change(path);
  return path;
}

const index = (path: string, map: unknown) => {
  writeFileSync(join(path, "model.safetensors.index.json"), JSON.stringify({ weight_map: map }));
};

test.each<[what: string, change: (path: string) => void, message: RegExp]>([
  [
    "an empty folder's config",
    (path) => writeFileSync(join(path, "config.json"), ""),
    /config\.json is not JSON/,
  ],
  [
    "a config that is far too large",
    (path) => writeSparse(join(path, "config.json"), new Uint8Array(1), 1024 ** 3),
    /config\.json is 1073741824 bytes long; at most 4194304 are read/,
  ],
  [
    "an index far too large",
    (path) => truncateSync(join(path, "model.safetensors.index.json"), 1024 ** 3),
    /index\.json is 1073741824 bytes long/,
  ],
  ["an index without a map", (path) => index(path, []), /index\.json has no weight_map/],
  [
    "a shard that is missing",
    (path) => index(path, { a: "model-00002-of-00002.safetensors" }),
    /names "model-00002-of-00002\.safetensors", which does not exist: the checkpoint is incomplete/,
  ],
  [
    "a shard outside of the folder",
    (path) => index(path, { a: "../../etc/passwd" }),
    /names "\.\.\/\.\.\/etc\/passwd", which does not exist/,
  ],
  [
    "a shard that is no name",
    (path) => index(path, { a: { b: 1 } }),
    /names \{"b":1\}, which does not exist/,
  ],
  [
    "an index of a million files",
    (path) => index(path, Object.fromEntries(Array.from({ length: 2000 }, (_, at) => [`t${at}`, `f${at}`]))),
    /has 2000 safetensors files; at most 1024 are read/,
  ],
  [
    "a shard that was cut off",
    (path) => truncateSync(join(path, "model-00001-of-00001.safetensors"), 4000),
    /the file is cut off|ends before its header does/,
  ],
  [
    "an empty shard",
    (path) => truncateSync(join(path, "model-00001-of-00001.safetensors"), 0),
    /is 0 bytes long, too short for a header/,
  ],
])("%s is said in one sentence that names the file", async (_, change, message) => {
  await expect(readFolder(broken(change))).rejects.toThrow(message);
});

test("a folder with nothing in it holds no model", async () => {
  await expect(readFolder(folder())).rejects.toThrow(
    /contains no model: neither config\.json nor a GGUF file/,
  );
});

import * as fc from "fast-check";
import { expect, test } from "vitest";

import { UnreadableCheckpointError } from "../../../provider/errors.ts";
import { parseGgufHeader } from "../../../provider/models/checkpoint/gguf-header.ts";
import { runs } from "../../support/property-runs.ts";
import { failureOf } from "./written-checkpoints.ts";
import { gguf, llamaGguf, type WrittenGguf } from "./written-gguf.ts";

const SMALL: WrittenGguf = {
  metadata: {
    "general.architecture": { kind: "text", value: "llama" },
    "llama.block_count": { kind: "u32", value: 2 },
    "tokenizer.ggml.tokens": { kind: "texts", value: ["<s>", "a", "b"] },
    "llama.attention.head_count_kv": { kind: "u32s", value: [8, 4] },
  },
  tensors: [
    { name: "token_embd.weight", type: 12, shape: [256, 4] },
    { name: "output_norm.weight", type: 0, shape: [256] },
  ],
};

test("metadata and tensors are read; of a list of texts only its length is kept", () => {
  const header = parseGgufHeader("m.gguf", gguf(SMALL));
  expect([...(header?.metadata ?? [])]).toEqual([
    ["general.architecture", "llama"],
    ["llama.block_count", 2],
    ["tokenizer.ggml.tokens", { length: 3 }],
    ["llama.attention.head_count_kv", [8, 4]],
  ]);
  // 4 blocks of 256 weights in 144 bytes; 256 numbers of 4.
  expect(header?.tensors).toEqual([
    { name: "token_embd.weight", dtype: "q4_k", elements: 1024, bytes: 576 },
    { name: "output_norm.weight", dtype: "fp32", elements: 256, bytes: 1024 },
  ]);
});

test("a header of 2.5 MB is read when there is enough of it, and asks for more until then", () => {
  const whole = gguf(llamaGguf());
  expect(whole.length).toBeGreaterThan(2 * 1024 ** 2);
  expect(parseGgufHeader("m.gguf", whole.subarray(0, 1024 ** 2))).toBeUndefined();
  expect(parseGgufHeader("m.gguf", whole)?.tensors).toHaveLength(291);
});

test("every part of a header alone asks for more, and says nothing wrong", () => {
  const whole = gguf(SMALL);
  for (let length = 0; length < whole.length; length++) {
    expect(parseGgufHeader("m.gguf", whole.subarray(0, length))).toBeUndefined();
  }
});

test.each([
  ["another format", Buffer.from("PK\u0003\u0004 and more"), /does not begin with GGUF/],
  ["version 1", gguf({ ...SMALL, version: 1 }), /is GGUF version 1, or big endian/],
  [
    "big endian",
    gguf({ ...SMALL, version: 0x03_00_00_00 }),
    /or big endian; only versions 2 and 3 in little endian/,
  ],
  ["endless tensors", gguf({ ...SMALL, tensorCount: 2n ** 40n }), /declares 1099511627776 tensors; at most/],
  ["tensors beyond any count", gguf({ ...SMALL, tensorCount: 2n ** 64n - 1n }), /has a broken header/],
  ["endless metadata", gguf({ ...SMALL, fieldCount: 10n ** 9n }), /declares 1000000000 metadata fields/],
  [
    "a type nobody knows",
    gguf({ ...SMALL, tensors: [{ name: "t", type: 99, shape: [256] }] }),
    /tensor "t" has the unknown type 99/,
  ],
  [
    "half a block",
    gguf({ ...SMALL, tensors: [{ name: "t", type: 12, shape: [100] }] }),
    /tensor "t" has 100 elements, which do not fill whole blocks of q4_k/,
  ],
  [
    "nine dimensions",
    gguf({ ...SMALL, tensors: [{ name: "t", type: 0, shape: Array<number>(9).fill(1) }] }),
    /tensor "t" has 9 dimensions/,
  ],
])("%s is refused in one sentence", (_, bytes, message) => {
  expect(() => parseGgufHeader("m.gguf", bytes)).toThrow(message);
  expect(() => parseGgufHeader("m.gguf", bytes)).toThrow(UnreadableCheckpointError);
});

/** A good header with some of its bytes changed. */
const nearlyRight = (): fc.Arbitrary<Uint8Array> =>
  fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 8 }).map((changes) => {
    const header = Uint8Array.from(gguf(SMALL));
    for (const [at, byte] of changes) header[at % header.length] = byte;
    return header;
  });

test("any bytes are read or refused as a broken GGUF file", () => {
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array({ maxLength: 300 }), nearlyRight()), (bytes) => {
      const failure = failureOf(() => parseGgufHeader("f", bytes));
      expect(failure === undefined || failure instanceof UnreadableCheckpointError).toBe(true);
    }),
    { numRuns: runs(500) },
  );
});

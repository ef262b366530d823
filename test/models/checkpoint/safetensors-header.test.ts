import * as fc from "fast-check";
import { describe, expect, test } from "vitest";

import { UnreadableCheckpointError } from "../../../provider/errors.ts";
import { LIMITS } from "../../../provider/models/checkpoint/limits.ts";
import {
  headerLength,
  parseSafetensorsHeader,
} from "../../../provider/models/checkpoint/safetensors-header.ts";
import { failureOf, safetensors, sizeOf, withLength, type WrittenTensor } from "./written-checkpoints.ts";

const parse = (json: string, dataBytes = 1_000_000) =>
  parseSafetensorsHeader("m.safetensors", new TextEncoder().encode(json), dataBytes);

const tensor = (fields: object) =>
  JSON.stringify({ t: { dtype: "BF16", shape: [2, 3], data_offsets: [0, 12], ...fields } });

test("name, type, elements and bytes of every tensor are read, and the metadata is none", () => {
  expect(
    parse(`{"__metadata__":{"format":"pt"},"a.weight":{"dtype":"BF16","shape":[2,3],"data_offsets":[0,12]}}`),
  ).toEqual([{ name: "a.weight", dtype: "BF16", elements: 6, bytes: 12 }]);
  expect(parse(tensor({ shape: [], data_offsets: [0, 2] }))).toMatchObject([{ elements: 1, bytes: 2 }]);
  // A type of the future is taken at its word.
  expect(parse(tensor({ dtype: "F4_E2M1" }))).toMatchObject([{ dtype: "F4_E2M1", bytes: 12 }]);
});

describe("an impossible header is refused with the name of the tensor", () => {
  test.each([
    ["not JSON", "{", /m\.safetensors has a header that is not JSON/],
    ["no object", "[]", /is not a JSON object/],
    ["null", "null", /is not a JSON object/],
    ["no description", '{"t":1}', /tensor "t" has no description/],
    ["no type", tensor({ dtype: 7 }), /tensor "t" has no type/],
    ["a negative shape", tensor({ shape: [-1] }), /has no shape of whole numbers/],
    ["a fraction of an element", tensor({ shape: [1.5] }), /has no shape of whole numbers/],
    ["nine dimensions", tensor({ shape: Array(9).fill(1) }), /has no shape of whole numbers/],
    ["one offset", tensor({ data_offsets: [0] }), /has no two data_offsets/],
    ["offsets in the wrong order", tensor({ data_offsets: [12, 0] }), /is at bytes 12 to 0/],
    ["an end beyond the file", tensor({ data_offsets: [0, 12_000_000] }), /the file is cut off/],
    ["more elements than bytes", tensor({ shape: [2, 4] }), /has 8 elements of BF16 in 12 bytes/],
    ["elements beyond any count", tensor({ shape: [2 ** 40, 2 ** 40] }), /elements of BF16 in 12 bytes/],
    ["an endless name", JSON.stringify({ ["x".repeat(5000)]: {} }), /a name of 5000 characters/],
  ])("%s", (_, json, message) => {
    expect(() => parse(json)).toThrow(message);
    expect(() => parse(json)).toThrow(UnreadableCheckpointError);
  });

  test("overlapping tensors, which would count bytes twice", () => {
    const entry = { dtype: "U8", shape: [10], data_offsets: [0, 10] };
    expect(() => parse(JSON.stringify({ a: entry, b: entry }), 15)).toThrow(/20 bytes in 15 bytes of data/);
  });
});

test("the length before the header is believed only within the file and the limit", () => {
  const start = withLength("{}");
  expect(headerLength("f", start, 10)).toBe(2);
  expect(() => headerLength("f", start, 9)).toThrow(
    "f ends before its header does: 2 bytes of header in a file of 9",
  );
  expect(() => headerLength("f", start.subarray(0, 5), 5)).toThrow(
    "f is 5 bytes long, too short for a header",
  );
  const huge = new Uint8Array(8).fill(255);
  expect(() => headerLength("f", huge, 2 ** 50)).toThrow(
    `f declares a header of 18446744073709551615 bytes; at most ${LIMITS.safetensorsHeaderBytes} are read`,
  );
});

const writtenTensors = (): fc.Arbitrary<readonly WrittenTensor[]> =>
  fc.uniqueArray(
    fc.record({
      name: fc.string({ minLength: 1, maxLength: 40 }).filter((name) => !name.startsWith("__")),
      dtype: fc.constantFrom("F32", "BF16", "F16", "F8_E4M3", "I32", "U8"),
      shape: fc.array(fc.nat(50), { maxLength: 4 }),
    }),
    { selector: ({ name }) => name, maxLength: 20 },
  );

test("whatever is written is read again, tensor by tensor", () => {
  fc.assert(
    fc.property(writtenTensors(), (tensors) => {
      const { start, fileBytes } = safetensors(tensors);
      const length = headerLength("f", start, fileBytes);
      const read = parseSafetensorsHeader("f", start.subarray(8), fileBytes - 8 - length);
      const byName = new Map(read.map((one) => [one.name, one.bytes]));
      expect(byName).toEqual(new Map(tensors.map((one) => [one.name, sizeOf(one)])));
    }),
  );
});

/** Headers that are nearly right: a good one with one character changed. */
const nearlyRight = (): fc.Arbitrary<Uint8Array> =>
  fc.tuple(writtenTensors(), fc.nat(), fc.nat(255)).map(([tensors, at, byte]) => {
    const header = safetensors(tensors).start.slice(8);
    header[at % header.length] = byte;
    return header;
  });

test("any bytes are read or refused as a broken safetensors file", () => {
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array({ maxLength: 200 }), nearlyRight()), (header) => {
      const failure = failureOf(() => parseSafetensorsHeader("f", header, 1_000_000));
      expect(failure === undefined || failure instanceof UnreadableCheckpointError).toBe(true);
      expect(failure?.message.length ?? 0).toBeLessThan(400);
    }),
  );
});

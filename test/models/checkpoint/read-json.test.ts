import { expect, test } from "vitest";

import { readJson } from "../../../provider/models/checkpoint/read-json.ts";

const read = async (text: string): Promise<unknown> => {
  const bytes = new TextEncoder().encode(text);
  const files = { place: "here", list: async () => [], read: async () => bytes };
  return readJson(files, { name: "config.json", bytes: bytes.length }, "configBytes");
};

test("numbers that Python writes and JSON does not know are read as nothing", async () => {
  expect(await read('{"limit": [0.0, Infinity], "least": -Infinity, "none": NaN}')).toEqual({
    limit: [0, null],
    least: null,
    none: null,
  });
});

test("the same words in a text stay what they are", async () => {
  expect(await read(String.raw`{"NaN": "Infinity and \"NaN\"", "n": 1}`)).toEqual({
    NaN: 'Infinity and "NaN"',
    n: 1,
  });
});

test("text that is not JSON is an error that shows the text", async () => {
  await expect(read('{"limit": Infinite}')).rejects.toMatchObject({ code: "unreadable-checkpoint" });
});

import { expect, test } from "vitest";

import { oncePerText } from "../../../provider/detection/parse/once-per-text.ts";

test("an answer is read again only when the text is another one, and never kept of one that cannot be read", () => {
  const readings: string[] = [];
  const read = oncePerText((text) => {
    readings.push(text);
    if (text === "bad") throw new Error("bad");
    return { text };
  });
  const first = read("a");
  expect(read(["a"].join(""))).toBe(first);
  expect(read("b")).toEqual({ text: "b" });
  expect(() => read("bad")).toThrow("bad");
  expect(() => read("bad")).toThrow("bad");
  expect(read("a")).toEqual({ text: "a" });
  expect(readings).toEqual(["a", "b", "bad", "bad", "a"]);
});

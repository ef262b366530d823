import { expect, test } from "vitest";

import { table } from "../../../tools/bench/table.ts";

test("a table is aligned in its source, numbers to the right", () => {
  const text = table(
    ["run", "seconds"],
    [
      ["pulumi preview", "12.30"],
      ["ssh loop", "3.84"],
    ],
  );
  expect(text.split("\n")).toEqual([
    "| run            | seconds |",
    "| -------------- | ------: |",
    "| pulumi preview |   12.30 |",
    "| ssh loop       |    3.84 |",
  ]);
});

test("a column with a word in it is text, and a cell that is missing is empty", () => {
  const text = table(["", "texts"], [["a", "1 in 2"], ["b"]]);
  expect(text.split("\n")).toEqual([
    "|     | texts  |",
    "| --- | ------ |",
    "| a   | 1 in 2 |",
    "| b   |        |",
  ]);
});

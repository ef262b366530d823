import { describe, expect, test } from "vitest";

import { exitCodesOf, generationOf } from "../../provider/amd-smi/generation.ts";

describe("the generation of an amd-smi", () => {
  test.each([
    ["23.4.2", "too-old", "reloads"],
    ["24.5.2.0", "too-old", "reloads"],
    ["24.6.2.0", "yes", "reloads"],
    ["24.7.1", "yes", "reloads"],
    ["25.4.2", "yes", "reloads"],
    ["26.0.0", "yes", "stages"],
    ["26.2.1", "yes", "stages"],
    ["26.5.0", "yes", "stages"],
    ["27.0.0", "yes", "stages"],
    ["27.2.0", "yes", "stages"],
    ["27.3.0", "newer", "stages"],
    ["30.1", "newer", "stages"],
  ])("with library %s is %s, and its `set -M` %s", (library, known, memoryMode) => {
    expect(generationOf(library)).toMatchObject({ known, memoryMode });
  });

  test.each([undefined, "", "N/A", "unknown", "v26"])("is not said by %j", (library) => {
    expect(generationOf(library)).toMatchObject({ known: "unsaid", memoryMode: "unsaid" });
  });
});

test("compute modes are named as the first GPU of the host has them since 10.2", () => {
  const names = ["26.5.0", "27.1.0", "27.2.0", "28.0.0", undefined].map(
    (one) => generationOf(one).computeNames,
  );
  expect(names).toEqual(["of-gpu", "of-gpu", "of-first-gpu", "of-first-gpu", "of-gpu"]);
});

test.each([
  ["24.6.2.0", "cli"],
  ["26.5.0", "cli"],
  ["27.0.0", "unsaid"],
  ["27.1.0", "unsaid"],
  ["27.2.0", "status"],
  ["28.0.0", "status"],
  [undefined, "unsaid"],
] as const)("an exit status without text of library %s is read as %s", (library, expected) => {
  expect(exitCodesOf(library)).toBe(expected);
});

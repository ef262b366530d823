import { spawnSync } from "node:child_process";

import { assert, property } from "fast-check";
import { describe, expect, test } from "vitest";

import { quoteArgument, quoteArgv } from "../../provider/remote/shell/quote.ts";
import { runs } from "../support/property-runs.ts";
import { argumentList, printArguments, printedArguments } from "./arguments.ts";

const SHELLS = ["sh", "bash"].filter((shell) => spawnSync(shell, ["-c", ":"]).status === 0);

describe("quoteArgv", () => {
  test("sh is among the shells it is tried with", () => {
    expect(SHELLS).toContain("sh");
  });

  test.each(SHELLS)("gives %s exactly the arguments it was given", (shell) => {
    assert(
      property(argumentList(), (args) => {
        const line = quoteArgv(printArguments(args));
        const result = spawnSync(shell, ["-c", line], { encoding: "utf8" });
        expect(result.stderr).toBe("");
        expect(printedArguments(result.stdout)).toEqual(args);
      }),
      { numRuns: runs(150) },
    );
  });

  test("leaves no word that a shell could take for a keyword or an assignment", () => {
    expect(quoteArgv(["if", "a=b", "amd-smi"])).toBe("'if' 'a=b' 'amd-smi'");
  });

  test("puts backslashes outside the quotes, where fish and sh agree", () => {
    expect(quoteArgument(String.raw`it's a \ b`)).toBe(String.raw`'it'\''s a '\\' b'`);
  });

  test("refuses what no program can be given", () => {
    expect(() => quoteArgument("a\0b")).toThrow(TypeError);
  });
});

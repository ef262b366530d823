import { readFileSync } from "node:fs";
import { join } from "node:path";

import { expect, test } from "vitest";

import { ROOT_SCRIPT } from "../../provider/detection/probe/root-script.ts";
import { PROBE_SCRIPT } from "../../provider/detection/probe/script.ts";
import { findPackageRoot } from "../../tools/engine/places.ts";

/** What the page calls by the command that a reader knows. */
const NAMED_BY_COMMAND = new Set(["/proc/sys/kernel/osrelease", "/proc/self/status"]);

/** "/a/{b,c}" as "/a/b" and "/a/c". */
function expanded(path: string): readonly string[] {
  const [whole, before = "", choices = "", after = ""] = /^(.*?)\{([^{}]*)\}(.*)$/.exec(path) ?? [];
  if (whole === undefined) return [path];
  return choices.split(",").flatMap((choice) => expanded(`${before}${choice}${after}`));
}

/** Paths of the kernel and the system that a text names, up to the first name that is not whole: a pattern, or one that a shell completes. */
const pathsIn = (text: string): readonly string[] =>
  [...text.matchAll(/(?<![\w$}*])(\/(?:sys|proc|etc)(?:\/[\w.-]+(?![\w.$*-]))+)/g)].map(
    ([, path = ""]) => path,
  );

test("the probe reads files of the kernel under the names that the page on detection gives them", () => {
  const page = readFileSync(join(findPackageRoot(), "docs/hardware-detection.md"), "utf8");
  const told = [...page.matchAll(/`(\/[^`]*)`/g)].flatMap(([, path = ""]) => expanded(path));
  const read = [...new Set(pathsIn(`${PROBE_SCRIPT}\n${ROOT_SCRIPT}`))].filter(
    (path) => !NAMED_BY_COMMAND.has(path),
  );
  expect(read).toContain("/sys/module/amdgpu/holders");
  expect(read.filter((path) => !told.some((one) => one === path || one.startsWith(`${path}/`)))).toEqual([]);
});

import { expect, test } from "vitest";
import { parse } from "yaml";

import { FUNCTIONS } from "../../provider/plugin/functions/table.ts";
import { blocksOf } from "./code/blocks.ts";
import { yamlProblems } from "./code/yaml-problems.ts";

interface Program {
  readonly variables?: Readonly<Record<string, { readonly "fn::invoke": { readonly function: string } }>>;
}

test("the page on the plugin has an example of every function", () => {
  const called = blocksOf("docs/plugin.md")
    .filter(({ language }) => language === "yaml")
    .flatMap(({ text }) => Object.values((parse(text) as Program).variables ?? {}))
    .map(({ "fn::invoke": invoke }) => invoke.function.replace(/^amdgpu:(?=\w+$)/, "amdgpu:index:"));
  expect(called.toSorted()).toEqual(Object.keys(FUNCTIONS).toSorted());
});

test.each([
  [
    "a function that does not exist",
    { function: "amdgpu:getGpu" },
    "host",
    ["a: there is no function amdgpu:getGpu"],
  ],
  [
    "an unknown argument",
    { function: "amdgpu:getHost", arguments: { gpu: 1 } },
    "hostId",
    ["a.gpu is no argument"],
  ],
  ["an unknown result", { function: "amdgpu:getHost", arguments: {} }, "host", ["a.host is no output"]],
])("an example with %s does not fit the schema", (_title, invoke, output, problems) => {
  const text = JSON.stringify({
    variables: { a: { "fn::invoke": invoke } },
    outputs: { b: `\${a.${output}}` },
  });
  expect(yamlProblems(text)).toEqual(expect.arrayContaining(problems));
});

import { expect, it } from "vitest";

import { findEnvironments } from "../../tools/demo/environments.ts";

it("finds sets of variables wherever a program puts them", () => {
  const small = { ROCR_VISIBLE_DEVICES: "3" };
  const large = { ROCR_VISIBLE_DEVICES: "4,5", VLLM_USE_V1: "1" };
  expect(findEnvironments({ env: { small, large }, top: small })).toEqual([
    { path: "env.small", variables: small },
    { path: "env.large", variables: large },
    { path: "top", variables: small },
  ]);
});

it("takes nothing else for variables", () => {
  const outputs = {
    url: "http://x",
    count: 3,
    none: null,
    empty: {},
    list: [{ A: "1" }],
    mixed: { A: "1", b: "2" },
  };
  expect(findEnvironments(outputs)).toEqual([]);
});

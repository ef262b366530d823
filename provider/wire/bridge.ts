import type { Handler } from "./handler.ts";

export type Kind = "partition" | "allocation";

const PARAMETERS: Readonly<Record<keyof Handler, string>> = {
  check: "olds, news",
  diff: "id, olds, news",
  create: "inputs",
  update: "id, olds, news",
  read: "id, props",
  delete: "id, props",
};

/**
 * All of this package that is ever stored as code in a user's state, as Pulumi's host of dynamic resources reads it: the name of a
 * kind and a late import. The text is run by every later version of this package, in refresh and destroy without the user's
 * program, so it must stay as small and plain as this; what it calls (`runtime`, its methods and their arguments) is a
 * persisted contract.
 *
 * Written here, not made by `pulumi.dynamic.Resource` from functions: serialising them takes 0.28 s of processor time in
 * every run of a program, and gives a text three times as long, which each resource has in its inputs and its outputs.
 */
export const bridgeTo = (kind: Kind): string => `const runtime = () => import("pulumi-amd-gpu/runtime");
exports.handler = () => ({
${Object.entries(PARAMETERS)
  .map(
    ([name, parameters]) =>
      `  ${name}: async (${parameters}) => (await runtime()).runtime.${kind}.${name}(${parameters}),\n`,
  )
  .join("")}});
`;

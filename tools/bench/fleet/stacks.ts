import type { PulumiHome } from "../../../test/support/engine/home.ts";
import type { FakeNode } from "../../../test/support/fake-node/start.ts";
import type { Environment } from "../../engine/places.ts";
import type { Contender } from "../contender.ts";
import { createStack, type Stack } from "../project.ts";
import type { Cost } from "../run.ts";
import { MODES } from "./fleet.ts";

interface Options {
  readonly home: PulumiHome;
  readonly env: Environment;
  readonly signal: AbortSignal;
  readonly hosts: readonly FakeNode[];
}

export interface Stacks {
  readonly contenders: readonly Contender[];
  /** What was run once, on hosts that were not yet as declared. */
  readonly once: readonly (Cost & { readonly name: string })[];
}

/** Our stack, applied, and one with as many resources that do nothing: what Pulumi itself takes. */
export async function prepareStacks(options: Options): Promise<Stacks> {
  const { hosts, ...rest } = options;
  const declaration = hosts.map(({ connection }, index) => ({
    name: `node${index + 1}`,
    partitioning: { connection, ...MODES },
    models: [],
  }));
  const create = async (program: "declared" | "nothing"): Promise<Stack> =>
    createStack({ ...rest, program, declaration });
  const [ours, nothing] = [await create("declared"), await create("nothing")];
  const apply = ["up", "--yes", "--skip-preview", "--parallel", hosts.length.toString()];
  const once = [
    { name: "first pulumi preview, once", ...(await ours.timed("preview")) },
    { name: "first pulumi up, which changes every host, once", ...(await ours.timed(...apply)) },
  ];
  await nothing.pulumi(...apply);
  return {
    once,
    contenders: [
      ...operations("", ours, hosts.length),
      ...operations(", doing nothing", nothing, hosts.length),
    ],
  };
}

const operations = (of: string, stack: Stack, parallel: number): readonly Contender[] => [
  { name: `pulumi preview${of}`, run: async () => stack.timed("preview", "--expect-no-changes") },
  {
    name: `pulumi up${of}`,
    run: async () => stack.timed("up", "--yes", "--skip-preview", "--expect-no-changes"),
  },
  {
    name: `pulumi refresh${of}`,
    run: async () =>
      stack.timed(
        "refresh",
        "--yes",
        "--skip-preview",
        "--expect-no-changes",
        "--parallel",
        parallel.toString(),
      ),
  },
];

import type { PulumiHome } from "../../../test/support/engine/home.ts";
import type { FakeNode } from "../../../test/support/fake-node/start.ts";
import type { Environment } from "../../engine/places.ts";
import type { Contender } from "../contender.ts";
import { createStack, type Stack } from "../project.ts";
import { MODES } from "./fleet.ts";

interface Options {
  readonly home: PulumiHome;
  readonly env: Environment;
  readonly signal: AbortSignal;
  readonly hosts: readonly FakeNode[];
}

/** Our stack, and one with as many resources that do nothing: what Pulumi itself takes. */
export async function prepareStacks(options: Options): Promise<readonly Contender[]> {
  const { hosts, ...rest } = options;
  const declaration = hosts.map(({ connection }, index) => ({
    name: `node${index + 1}`,
    partitioning: { connection, ...MODES },
    models: [],
  }));
  const create = async (program: "declared" | "nothing"): Promise<Stack> =>
    createStack({ ...rest, program, declaration });
  const [empty, ours, nothing] = [
    await create("declared"),
    await create("declared"),
    await create("nothing"),
  ];
  for (const stack of [ours, nothing]) await stack.pulumi("up", "--yes", "--skip-preview");
  return [
    { name: "pulumi preview, empty stack", run: async () => empty.timed("preview") },
    ...operations("", ours, hosts.length),
    ...operations(", doing nothing", nothing, hosts.length),
  ];
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

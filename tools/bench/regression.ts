import { createHome, type PulumiHome } from "../../test/support/engine/home.ts";
import { createProject } from "../../test/support/engine/project.ts";
import { startFakeNodes } from "../../test/support/fake-node/start.ts";
import { findPackageRoot } from "../engine/places.ts";
import { compare } from "./contender.ts";
import { growingStack, HOSTS, ONE_CHECKPOINT } from "./growing-stack.ts";
import { MODELS } from "./models.ts";
import { createStack, type Declaration, type Stack } from "./project.ts";
import { type Cost, runTimed } from "./run.ts";
import type { BenchOptions, Section } from "./section.ts";
import { table } from "./table.ts";

const ALLOCATIONS = 200;
const LAYOUT = { computePartition: "CPX", memoryPartition: "NPS4" };
const EVERYTHING =
  'await import("@pulumi/pulumi"); await import("pulumi-amd-gpu"); await import("pulumi-amd-gpu/runtime"); await import("ssh2");';

/** Folders of the two builds. */
interface Builds {
  readonly old: string;
  readonly new: string;
}

type Pair<Value> = Readonly<Record<keyof Builds, Value>>;

async function forBoth<Value>(builds: Builds, make: (folder: string, number: number) => Promise<Value>) {
  return { old: await make(builds.old, 0), new: await make(builds.new, 1) };
}

const milliseconds = (seconds: number): string => (seconds * 1000).toFixed(0);

async function compared(what: string, turns: number, run: Pair<() => Promise<Cost>>): Promise<string[]> {
  const [old, now] = await compare(
    [
      { name: "old", run: run.old },
      { name: "new", run: run.new },
    ],
    turns,
  );
  if (!old || !now) throw new Error("a comparison needs two builds");
  const ratios = [now.cpu / old.cpu, now.wall / old.wall].map((ratio) => ratio.toFixed(3));
  return [what, milliseconds(old.cpu), milliseconds(now.cpu), ...ratios];
}

async function measure(options: BenchOptions, builds: Builds, home: PulumiHome): Promise<string[][]> {
  const { env, signal, turns, say } = options;
  const rows: string[][] = [];
  const timed = async (what: string, stacks: Pair<Stack>, ...args: readonly string[]): Promise<void> => {
    say(`regression: ${what}`);
    const run = (stack: Stack) => async () => stack.timed(...args);
    rows.push(await compared(what, turns, { old: run(stacks.old), new: run(stacks.new) }));
  };
  const stackOf = async (build: string, declaration: readonly Declaration[]): Promise<Stack> =>
    createStack({
      home,
      env: { ...env, ...ONE_CHECKPOINT },
      signal,
      program: "declared",
      declaration,
      build,
    });

  const importing = await forBoth(builds, async (build) => {
    const { folder } = await createProject({ home, files: {}, packages: ["@pulumi/pulumi", "ssh2"], build });
    return async () =>
      runTimed([process.execPath, "--input-type=module", "-e", EVERYTHING], { env, signal, cwd: folder });
  });
  say("regression: imports");
  rows.push(await compared("importing the SDK, the package, its runtime and ssh2", turns * 3, importing));

  const simulated = await forBoth(builds, async (build) => stackOf(build, growingStack(ALLOCATIONS)));
  const size = `${HOSTS} simulated hosts, ${ALLOCATIONS} models`;
  await timed(`first preview, ${size}`, simulated, "preview");
  for (const stack of [simulated.old, simulated.new])
    await stack.pulumi("up", "--yes", "--skip-preview", "--parallel", "16");
  await timed(`preview without changes, ${size}`, simulated, "preview", "--expect-no-changes");

  const nodes = await startFakeNodes(2, { gpus: 8, rocm: "7.2" });
  try {
    const remote = await forBoth(builds, async (build, number) => {
      const partitioning = { ...LAYOUT, connection: nodes[number]?.connection };
      return stackOf(build, [{ name: "node1", partitioning, models: MODELS }]);
    });
    const host = `one host behind OpenSSH, ${MODELS.length} models`;
    await timed(`first preview, ${host}`, remote, "preview");
    for (const stack of [remote.old, remote.new]) await stack.pulumi("up", "--yes", "--skip-preview");
    const quiet = ["--yes", "--skip-preview", "--expect-no-changes"];
    await timed(`preview without changes, ${host}`, remote, "preview", "--expect-no-changes");
    await timed(`up without changes, ${host}`, remote, "up", ...quiet);
    await timed(`refresh, ${host}`, remote, "refresh", ...quiet);
  } finally {
    for (const node of nodes) await node.stop();
  }
  return rows;
}

/** Says what a change costs, or saves: another build of this package does the same things in turns with this one. */
export const regression: Section = {
  name: "regression",
  title: "This build beside another",
  run: async (options) => {
    if (options.against === undefined)
      return ["Nothing to compare with: `--against <folder>` names another checkout of this package, built."];
    const home = await createHome();
    try {
      const rows = await measure(options, { old: options.against, new: findPackageRoot() }, home);
      return [
        `Medians of ${options.turns} turns (of ${options.turns * 3} for imports), processor time in milliseconds, hosts not included.`,
        table(["operation", "cpu old", "cpu new", "ratio of cpu", "ratio of wall"], rows),
      ];
    } finally {
      await home.dispose();
    }
  },
};

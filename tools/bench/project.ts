import { readFile } from "node:fs/promises";
import { join } from "node:path";

import type { PulumiHome } from "../../test/support/engine/home.ts";
import { createProject } from "../../test/support/engine/project.ts";
import { type Environment, findPackageRoot } from "../engine/places.ts";
import { type Cost, run, runTimed } from "./run.ts";

/** One host as `programs/declared.js` declares it. */
export interface Declaration {
  readonly name: string;
  /** Arguments of the GpuPartitionConfig. */
  readonly partitioning: Readonly<Record<string, unknown>>;
  /** Name and arguments of each ModelAllocation on it. */
  readonly models: readonly { readonly name: string; readonly [argument: string]: unknown }[];
}

export interface StackOptions {
  readonly home: PulumiHome;
  readonly env: Environment;
  readonly signal: AbortSignal;
  /** "nothing" has a dynamic resource that does nothing in the place of each host and each model. */
  readonly program: "declared" | "nothing";
  readonly declaration: readonly Declaration[];
  /** @default "JavaScript" */
  readonly language?: "JavaScript" | "TypeScript";
  /** Folder of the build to install. @default this one */
  readonly build?: string;
}

/** The command line in a project with one stack. Rejects when it fails. */
export interface Stack {
  /** Path of the program. */
  readonly program: string;
  /** Resolves to what it printed. */
  pulumi(...args: readonly string[]): Promise<string>;
  timed(...args: readonly string[]): Promise<Cost>;
}

let stacks = 0;

const argv = (args: readonly string[]): [string, ...string[]] => [
  "pulumi",
  ...args,
  "--non-interactive",
  "--color",
  "never",
];

/** Makes a project of its own with one empty stack. */
export async function createStack(options: StackOptions): Promise<Stack> {
  const { home, env, signal, program, declaration, language = "JavaScript", build } = options;
  const typescript = language === "TypeScript";
  const name = `bench-${++stacks}`;
  const entry = typescript ? "index.ts" : "index.js";
  const text = await readFile(join(findPackageRoot(), "tools/bench/programs", `${program}.js`), "utf8");
  const { folder } = await createProject({
    home,
    files: {
      "Pulumi.yaml": `name: ${name}\nruntime:\n  name: nodejs\n  options:\n    typescript: ${typescript}\n`,
      "package.json": JSON.stringify({ name, main: entry, ...(!typescript && { type: "module" }) }),
      "declaration.json": JSON.stringify(declaration),
      [entry]: text,
    },
    ...(build !== undefined && { build }),
  });
  const at = { cwd: folder, signal, env: { ...env, ...home.env } };
  const stack: Stack = {
    program: join(folder, entry),
    pulumi: async (...args) => (await run(argv(args), at)).stdout,
    timed: async (...args) => runTimed(argv(args), at),
  };
  await stack.pulumi("stack", "init", "bench");
  return stack;
}

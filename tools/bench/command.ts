import { join } from "node:path";

import { findPackageRoot } from "../engine/places.ts";
import { compare } from "./contender.ts";
import { runTimed } from "./run.ts";
import type { Section } from "./section.ts";
import { table } from "./table.ts";

const root = findPackageRoot();
const main = join(root, "dist/cli/main.js");
const DESCRIBE = ["describe", "--simulate", "MI300X"];

/** What a person waits for, and how much of it is Node and npx. */
const CONTENDERS: readonly (readonly [name: string, argv: readonly string[]])[] = [
  ["Node alone", [process.execPath, "-e", ""]],
  ["pulumi-amd-gpu --help", [process.execPath, main, "--help"]],
  ["pulumi-amd-gpu describe --simulate MI300X", [process.execPath, main, ...DESCRIBE]],
  ["npx pulumi-amd-gpu describe --simulate MI300X", ["npx", "pulumi-amd-gpu", ...DESCRIBE]],
  [
    "pulumi-amd-gpu estimate meta-llama/Llama-3.1-8B-Instruct",
    [process.execPath, main, "estimate", "meta-llama/Llama-3.1-8B-Instruct"],
  ],
];

export const command: Section = {
  name: "command",
  title: "How long the command takes",
  run: async ({ env, signal, turns }) => {
    const results = await compare(
      CONTENDERS.map(([name, argv]) => ({
        name,
        run: async () => runTimed(argv, { env, signal, cwd: root }),
      })),
      turns * 3,
    );
    return [
      `A fresh process each, ${turns * 3} in turns, medians of the whole life of the process. Processor time is steadier than wall time.`,
      table(
        ["command", "wall ms", "cpu ms"],
        results.map(({ name, wall, cpu }) => [name, (wall * 1000).toFixed(0), (cpu * 1000).toFixed(0)]),
      ),
    ];
  },
};

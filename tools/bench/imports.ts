import { createHome } from "../../test/support/engine/home.ts";
import { createProject } from "../../test/support/engine/project.ts";
import { compare } from "./contender.ts";
import { runTimed } from "./run.ts";
import type { Section } from "./section.ts";
import { table } from "./table.ts";

const PULUMI = 'await import("@pulumi/pulumi");';

/** What a program pays for, in the order in which it comes to pay. */
const STEPS = [
  { name: "Node alone", code: "" },
  { name: "@pulumi/pulumi", code: PULUMI },
  { name: "+ pulumi-amd-gpu", code: `${PULUMI} await import("pulumi-amd-gpu");` },
  {
    name: "+ pulumi-amd-gpu/runtime, which the first resource loads",
    code: `${PULUMI} await import("pulumi-amd-gpu"); await import("pulumi-amd-gpu/runtime");`,
  },
  {
    name: "+ ssh2, which the first connection loads",
    code: `${PULUMI} await import("pulumi-amd-gpu"); await import("pulumi-amd-gpu/runtime"); await import("ssh2");`,
  },
] as const;

export const imports: Section = {
  name: "imports",
  title: "What importing the package costs a program",
  run: async ({ env, signal, turns }) => {
    const home = await createHome();
    try {
      const { folder } = await createProject({ home, files: {}, packages: ["@pulumi/pulumi", "ssh2"] });
      const results = await compare(
        STEPS.map(({ name, code }) => ({
          name,
          run: async () =>
            runTimed([process.execPath, "--input-type=module", "-e", code], { env, signal, cwd: folder }),
        })),
        turns * 3,
      );
      const pulumi = results[1];
      if (pulumi === undefined) throw new Error("nothing to compare with");
      return [
        `A fresh process each, ${turns * 3} in turns, medians of the whole life of the process. Processor time is steadier than wall time.`,
        table(
          ["imported", "wall ms", "cpu ms", "ratio of wall", "ratio of cpu"],
          results.map(({ name, wall, cpu }) => [
            name,
            (wall * 1000).toFixed(0),
            (cpu * 1000).toFixed(0),
            (wall / pulumi.wall).toFixed(2),
            (cpu / pulumi.cpu).toFixed(2),
          ]),
        ),
      ];
    } finally {
      await home.dispose();
    }
  },
};

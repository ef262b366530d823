import { appendFile } from "node:fs/promises";

import { createHome } from "../../test/support/engine/home.ts";
import { compare } from "./contender.ts";
import { createStack, type Stack } from "./project.ts";
import type { Section } from "./section.ts";
import { table } from "./table.ts";

export const typescript: Section = {
  name: "typescript",
  title: "What a TypeScript program costs over a JavaScript one",
  run: async ({ env, signal, turns }) => {
    const home = await createHome();
    try {
      const declaration = [
        {
          name: "node1",
          partitioning: { simulation: {}, computePartition: "CPX", memoryPartition: "NPS4" },
          models: [],
        },
      ];
      const create = async (language: "JavaScript" | "TypeScript"): Promise<Stack> =>
        createStack({ home, env, signal, program: "declared", declaration, language });
      const javascript = await create("JavaScript");
      const typescript = await create("TypeScript");
      const results = await compare(
        [
          { name: "index.js", run: async () => javascript.timed("preview") },
          { name: "index.ts, as it was", run: async () => typescript.timed("preview") },
          {
            name: "index.ts, changed since the last run",
            run: async () => {
              await appendFile(typescript.program, "//\n");
              return typescript.timed("preview");
            },
          },
        ],
        turns,
      );
      const base = results[0];
      if (base === undefined) throw new Error("nothing to compare with");
      return [
        `\`pulumi preview\` of one simulated host with the same text as program. ${turns} times in turns, medians.`,
        table(
          ["program", "wall s", "cpu s", "ratio of wall", "ratio of cpu"],
          results.map(({ name, wall, cpu }) => [
            name,
            wall.toFixed(2),
            cpu.toFixed(2),
            (wall / base.wall).toFixed(2),
            (cpu / base.cpu).toFixed(2),
          ]),
        ),
      ];
    } finally {
      await home.dispose();
    }
  },
};

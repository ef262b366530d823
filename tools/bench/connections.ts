import { createHome } from "../../test/support/engine/home.ts";
import { startFakeNode } from "../../test/support/fake-node/start.ts";
import { MODELS } from "./models.ts";
import { createStack } from "./project.ts";
import type { Section } from "./section.ts";
import { table } from "./table.ts";

/** In the order of a stack's life. */
const OPERATIONS = [
  { name: "first preview, of an empty stack", args: ["preview"] },
  { name: "up: SPX/NPS1 to CPX/NPS4, two models", args: ["up", "--yes", "--skip-preview"] },
  { name: "preview with nothing to do", args: ["preview", "--expect-no-changes"] },
  { name: "up with nothing to do", args: ["up", "--yes", "--skip-preview", "--expect-no-changes"] },
  { name: "refresh", args: ["refresh", "--yes", "--skip-preview", "--expect-no-changes"] },
  { name: "destroy: models away, back to SPX/NPS1", args: ["destroy", "--yes", "--skip-preview"] },
] as const;

export const connections: Section = {
  name: "connections",
  title: "How often a host is contacted",
  run: async ({ env, signal }) => {
    const home = await createHome();
    const node = await startFakeNode({ gpus: 8, rocm: "7.2" });
    try {
      const partitioning = {
        connection: node.connection,
        computePartition: "CPX",
        memoryPartition: "NPS4",
      };
      const declaration = [{ name: "node1", partitioning, models: MODELS }];
      const stack = await createStack({ home, env, signal, program: "declared", declaration });
      const rows: string[][] = [];
      for (const { name, args } of OPERATIONS) {
        node.resetCounts();
        node.clearCommands();
        await stack.pulumi(...args);
        const { connections, execs } = node.counts();
        rows.push([name, connections.toString(), execs.toString(), node.commands().length.toString()]);
      }
      return [
        "One host of 8 x MI300X behind OpenSSH, counted there. `up` with its preview is two operations: add the two rows.",
        table(["operation", "connections", "commands", "calls of amd-smi and other tools in them"], rows),
      ];
    } finally {
      await node.stop();
      await home.dispose();
    }
  },
};

import { createHome } from "../../test/support/engine/home.ts";
import { MODELS } from "./models.ts";
import { createStack } from "./project.ts";
import type { Section } from "./section.ts";
import { table } from "./table.ts";

/** Pulumi's key for the serialised provider. */
const PROVIDER = "__provider";

interface Exported {
  readonly deployment: {
    readonly resources: readonly {
      readonly type: string;
      readonly inputs?: Readonly<Record<string, unknown>>;
      readonly outputs?: Readonly<Record<string, unknown>>;
    }[];
  };
}

export const state: Section = {
  name: "state",
  title: "What a resource puts into the state",
  run: async ({ env, signal }) => {
    const home = await createHome();
    try {
      const declaration = [1, 2].map((host) => ({
        name: `node${host}`,
        partitioning: {
          simulation: { accelerator: "MI300X", gpus: 8, stateFile: `node${host}.json` },
          computePartition: "CPX",
          memoryPartition: "NPS4",
        },
        models: MODELS.map((model) => ({ ...model, name: `${model.name}-${host}` })),
      }));
      const stack = await createStack({ home, env, signal, program: "declared", declaration });
      await stack.pulumi("up", "--yes", "--skip-preview");
      const { deployment } = JSON.parse(await stack.pulumi("stack", "export")) as Exported;
      const rows = ["GpuPartitionConfig", "ModelAllocation"].map((kind) => {
        const resources = deployment.resources.filter(({ type }) => type.endsWith(`:${kind}`));
        const texts = new Set(
          resources.flatMap(({ inputs, outputs }) => [inputs?.[PROVIDER], outputs?.[PROVIDER]]),
        );
        const [text] = texts;
        if (typeof text !== "string") throw new Error(`no ${kind} with a provider in the exported state`);
        return [
          kind,
          Buffer.byteLength(text).toString(),
          `${texts.size} in ${resources.length} resources`,
          Buffer.byteLength(JSON.stringify(resources[0])).toString(),
        ];
      });
      return [
        "Two simulated hosts of 8 x MI300X in CPX/NPS4 (64 devices each) with two models each. The text stands twice in a resource.",
        table(["kind", "bytes of __provider", "different texts", "bytes of the whole resource"], rows),
      ];
    } finally {
      await home.dispose();
    }
  },
};

import { createHome, type PulumiHome } from "../../test/support/engine/home.ts";
import { growingStack, HOSTS, ONE_CHECKPOINT } from "./growing-stack.ts";
import { median } from "./median.ts";
import { createStack, type Stack } from "./project.ts";
import type { Cost } from "./run.ts";
import type { BenchOptions, Section } from "./section.ts";
import { table } from "./table.ts";

const SIZES = [1, 50, 200, 500];
type Moment = "first preview" | "preview without changes";

/** What one program costs at one size, by moment. */
type Measured = Readonly<Record<Moment, Cost>>;

async function measure(
  { env, signal, turns }: BenchOptions,
  home: PulumiHome,
  program: "declared" | "nothing",
  models: number,
): Promise<Measured> {
  const stack = await createStack({
    home,
    env: { ...env, ...ONE_CHECKPOINT },
    signal,
    program,
    declaration: growingStack(models),
  });
  const first = await previews(stack, turns);
  await stack.pulumi("up", "--yes", "--skip-preview", "--parallel", "16");
  return { "first preview": first, "preview without changes": await previews(stack, turns) };
}

/** The median of so many turns. The first fills caches and does not count. */
async function previews(stack: Stack, turns: number): Promise<Cost> {
  const costs: Cost[] = [];
  for (let turn = 0; turn <= turns; turn++) {
    const cost = await stack.timed("preview");
    if (turn > 0) costs.push(cost);
  }
  return { wall: median(costs.map(({ wall }) => wall)), cpu: median(costs.map(({ cpu }) => cpu)) };
}

/** Milliseconds that one of so many resources adds to what the hosts alone cost. */
const each = (cost: Cost, alone: Cost, models: number, of: keyof Cost): number =>
  ((cost[of] - alone[of]) * 1000) / models;

export const growth: Section = {
  name: "growth",
  title: "What one more model costs in a growing stack",
  run: async (options) => {
    const home = await createHome();
    try {
      const ours = new Map<number, Measured>();
      const nothing = new Map<number, Measured>();
      for (const models of [0, ...SIZES]) {
        options.say(`growth: ${models} allocations`);
        ours.set(models, await measure(options, home, "declared", models));
        nothing.set(models, await measure(options, home, "nothing", models));
      }
      return [
        `${HOSTS} simulated hosts of 8 x MI300X in CPX/NPS4 (512 devices). Processor time of \`pulumi preview\` per allocation, beyond the same preview without allocations; in the last column divided by that of a dynamic resource that does nothing, in a stack with as many.`,
        ...(["first preview", "preview without changes"] as const).map((moment) =>
          table(
            [moment, "seconds", "ms per allocation", "ms per resource that does nothing", "ratio"],
            SIZES.flatMap((models) => {
              const [own, own0] = [ours.get(models), ours.get(0)];
              const [other, other0] = [nothing.get(models), nothing.get(0)];
              if (!own || !own0 || !other || !other0) return [];
              const mine = each(own[moment], own0[moment], models, "cpu");
              const theirs = each(other[moment], other0[moment], models, "cpu");
              return [
                [
                  `${models}`,
                  own[moment].wall.toFixed(1),
                  // One resource is less than what a preview differs by from one time to the next.
                  ...(models === 1
                    ? ["", "", ""]
                    : [mine, theirs, mine / theirs].map((one) => one.toFixed(1))),
                ],
              ];
            }),
          ),
        ),
      ];
    } finally {
      await home.dispose();
    }
  },
};

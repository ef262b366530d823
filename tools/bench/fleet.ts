import { createHome } from "../../test/support/engine/home.ts";
import { compare } from "./contender.ts";
import { type Contact, type Fleet, startFleet } from "./fleet/fleet.ts";
import { ensurePython, type Python } from "./fleet/python.ts";
import { introduction, type Measured, tables } from "./fleet/report.ts";
import { prepareRivals } from "./fleet/rivals.ts";
import { prepareStacks } from "./fleet/stacks.ts";
import type { BenchOptions, Section } from "./section.ts";

export const fleet: Section = {
  name: "fleet",
  title: "Fleets, side by side",
  run: async (options) => {
    const python = await ensurePython(options);
    const measured: Measured[] = [];
    for (const size of options.hosts) {
      options.say(`measuring: fleet of ${size}`);
      const hosts = await startFleet(size);
      try {
        measured.push(await measure(hosts, python, options));
      } finally {
        await hosts.stop();
      }
    }
    return [introduction(python, options.turns), ...tables(measured)];
  },
};

async function measure(fleet: Fleet, python: Python, options: BenchOptions): Promise<Measured> {
  const { env, signal, turns, say } = options;
  const { hosts } = fleet;
  const home = await createHome();
  const rivals = await prepareRivals({ hosts, python, env, signal });
  try {
    const { contenders, once } = await prepareStacks({ home, hosts, env, signal });
    const contacts = new Map<string, Contact>();
    const results = await compare([...contenders, ...rivals.contenders], turns, async ({ name }, run) => {
      const { result, contact } = await fleet.watch(run);
      contacts.set(name, contact);
      say(`  ${hosts.length} hosts, ${name}: ${result.wall.toFixed(2)} s`);
      return result;
    });
    return { size: hosts.length, once, results, contacts };
  } finally {
    await rivals.dispose();
    await home.dispose();
  }
}

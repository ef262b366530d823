import { createHome } from "../../test/support/engine/home.ts";
import { compare, type Result } from "./contender.ts";
import { ratiosOf } from "./fleet/comparisons.ts";
import { type Contact, type Fleet, READ_SECONDS, startFleet } from "./fleet/fleet.ts";
import { ensurePython, type Python } from "./fleet/python.ts";
import { prepareRivals } from "./fleet/rivals.ts";
import { prepareStacks } from "./fleet/stacks.ts";
import type { BenchOptions, Section } from "./section.ts";
import { table } from "./table.ts";

interface Measured {
  readonly size: number;
  readonly results: readonly Result[];
  /** By contender; of the last turn, all are the same. */
  readonly contacts: ReadonlyMap<string, Contact>;
}

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
    const stacks = await prepareStacks({ home, hosts, env, signal });
    const contacts = new Map<string, Contact>();
    const results = await compare([...stacks, ...rivals.contenders], turns, async ({ name }, run) => {
      const { result, contact } = await fleet.watch(run);
      contacts.set(name, contact);
      say(`  ${hosts.length} hosts, ${name}: ${result.wall.toFixed(2)} s`);
      return result;
    });
    return { size: hosts.length, results, contacts };
  } finally {
    await rivals.dispose();
    await home.dispose();
  }
}

const introduction = (python: Python, turns: number): string =>
  `Hosts of 8 x MI300X in CPX/NPS4 (64 devices each), as declared, behind OpenSSH on this machine; reading with amd-smi takes
${READ_SECONDS} s. One GpuPartitionConfig per host in a JavaScript program. Everything in turns, ${turns} times, medians of wall seconds.
Compared with ${python.versions}. pyinfra: a fact that reads the modes and an operation that would set them, --parallel = hosts, --no-wait.
Ansible: the same as two tasks, forks = hosts, pipelining, no facts gathered, ControlPersist within a run; module command, or raw, which
starts no Python on the host. ssh loop: \`ssh host amd-smi static --json &\` for every host, then wait. "doing nothing": a stack of as
many dynamic resources that do nothing, the least that Pulumi takes. --parallel = hosts for refresh too.`;

function tables(measured: readonly Measured[]): readonly string[] {
  const sizes = measured.map(({ size }) => `${size} host${size === 1 ? "" : "s"}`);
  const largest = measured.toSorted((a, b) => b.size - a.size)[0];
  const names = largest?.results.map(({ name }) => name) ?? [];
  const resultOf = ({ results }: Measured, name: string): Result | undefined =>
    results.find((result) => result.name === name);
  const ratios = measured.map(({ results }) => ratiosOf(results));
  return [
    "Wall seconds:",
    table(
      ["run", ...sizes],
      names.map((name) => [name, ...measured.map((one) => resultOf(one, name)?.wall.toFixed(2) ?? "")]),
    ),
    "Our time over theirs (below 1 we are quicker):",
    table(
      ["operation", "ours", "theirs", ...sizes],
      (ratios[0] ?? []).map(({ operation, ours, theirs }, row) => [
        operation,
        ours,
        theirs,
        ...ratios.map((column) => column[row]?.ratio.toFixed(2) ?? ""),
      ]),
    ),
    `What is behind it, at ${largest?.size ?? 0} hosts: the range of wall seconds, seconds of processor time on our side and on the hosts
(which share this machine's processors), and how often one host is contacted:`,
    largest === undefined ? "" : details(largest),
  ];
}

const perHost = (count: number | undefined, hosts: number): string =>
  count === undefined ? "" : (count / hosts).toString();

const details = ({ size, results, contacts }: Measured): string =>
  table(
    ["run", "fastest", "slowest", "cpu here", "cpu hosts", "connections", "commands", "amd-smi calls"],
    results.map(({ name, fastest, slowest, cpu }) => {
      const contact = contacts.get(name);
      return [
        name,
        fastest.toFixed(2),
        slowest.toFixed(2),
        cpu.toFixed(2),
        contact?.cpu.toFixed(2) ?? "",
        perHost(contact?.connections, size),
        perHost(contact?.commands, size),
        perHost(contact?.amdSmiCalls, size),
      ];
    }),
  );

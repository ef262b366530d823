import type { Result } from "../contender.ts";
import type { Cost } from "../run.ts";
import { table } from "../table.ts";
import { ratiosOf } from "./comparisons.ts";
import { type Contact, READ_SECONDS } from "./fleet.ts";
import type { Python } from "./python.ts";

/** All that was measured with one number of hosts. */
export interface Measured {
  readonly size: number;
  readonly once: readonly (Cost & { readonly name: string })[];
  readonly results: readonly Result[];
  /** By contender, of the last turn. */
  readonly contacts: ReadonlyMap<string, Contact>;
}

export const introduction = (python: Python, turns: number): string =>
  `Hosts of 8 x MI300X behind OpenSSH on this machine, which the first update brought from SPX/NPS1 to CPX/NPS4 (64 devices each);
reading with amd-smi takes ${READ_SECONDS} s. Nothing is left to be changed. One GpuPartitionConfig per host in a JavaScript program. Everything in turns, ${turns} times, medians of wall seconds.
Compared with ${python.versions}. pyinfra: a fact that reads the modes and an operation that would set them, --parallel = hosts, --no-wait.
Ansible: the same as two tasks, forks = hosts, pipelining, no facts gathered, ControlPersist within a run; module command, or raw, which
starts no Python on the host. ssh loop: \`ssh host amd-smi static --json &\` for every host, then wait. "doing nothing": a stack of as
many dynamic resources that do nothing, the least that Pulumi takes. --parallel = hosts for refresh too.`;

export function tables(measured: readonly Measured[]): readonly string[] {
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
      [
        ...(largest?.once ?? []).map(({ name }, row) => [
          name,
          ...measured.map(({ once }) => once[row]?.wall.toFixed(2) ?? ""),
        ]),
        ...names.map((name) => [name, ...measured.map((one) => resultOf(one, name)?.wall.toFixed(2) ?? "")]),
      ],
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

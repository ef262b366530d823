/**
 * Measures what the package costs, and how long fleets take, side by side with other tools in the same run.
 *
 *     npm run bench [-- [section...] [--hosts 1,16,64] [--turns 3] [--against <folder of another build>]]
 *
 * Sections: accuracy, imports, command, state, connections, fleet, typescript, placement, growth, robustness, regression; all of them when none is
 * named. `regression` compares this build with the one that --against names. `fleet` needs root (the hosts are mount namespaces), an
 * OpenSSH server, and Python 3.11 or newer with venv; it installs pyinfra and Ansible into the user's cache folder.
 */
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";

import { accuracy } from "./bench/accuracy.ts";
import { command } from "./bench/command.ts";
import { connections } from "./bench/connections.ts";
import { fleet } from "./bench/fleet.ts";
import { growth } from "./bench/growth.ts";
import { imports } from "./bench/imports.ts";
import { describeMachine } from "./bench/machine.ts";
import { placement } from "./bench/placement.ts";
import { regression } from "./bench/regression.ts";
import { robustness } from "./bench/robustness/robustness.ts";
import type { Section } from "./bench/section.ts";
import { state } from "./bench/state.ts";
import { typescript } from "./bench/typescript.ts";
import { ensureEngine } from "./engine/ensure-engine.ts";
import { stopOnSignals } from "./engine/stop-on-signals.ts";

const SECTIONS: readonly Section[] = [
  accuracy,
  imports,
  command,
  state,
  connections,
  fleet,
  typescript,
  placement,
  growth,
  robustness,
  regression,
];

const print = (text: string): void => {
  process.stdout.write(`${text}\n`);
};

const say = (line: string): void => {
  process.stderr.write(`${line}\n`);
};

function chosen(names: readonly string[]): readonly Section[] {
  const unknown = names.find((name) => !SECTIONS.some((section) => section.name === name));
  if (unknown !== undefined) {
    const known = SECTIONS.map(({ name }) => name).join(", ");
    throw new Error(`there is no section "${unknown}"; there are ${known}`);
  }
  return names.length === 0 ? SECTIONS : SECTIONS.filter(({ name }) => names.includes(name));
}

function positiveNumbers(option: string, text: string): readonly number[] {
  const values = text.split(",").map(Number);
  if (!values.every((value) => Number.isInteger(value) && value > 0)) {
    throw new Error(`--${option} takes whole numbers from 1 on, such as "1,16,64", not "${text}"`);
  }
  return values;
}

async function bench(): Promise<void> {
  const { values, positionals } = parseArgs({
    options: {
      hosts: { type: "string", default: "1,16,64" },
      turns: { type: "string", default: "3" },
      against: { type: "string" },
    },
    allowPositionals: true,
  });
  const sections = chosen(positionals);
  const hosts = positiveNumbers("hosts", values.hosts);
  const [turns = 3] = positiveNumbers("turns", values.turns);
  const against = values.against === undefined ? undefined : resolve(values.against);
  if (against !== undefined && !existsSync(join(against, "dist/index.js")))
    throw new Error(`--against names ${against}, which has no dist/index.js; run "npm run build" there`);
  const { signal } = stopOnSignals();
  const engine = await ensureEngine({ log: say, signal });
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith("PULUMI_"));
  const env = { ...Object.fromEntries(inherited), ...engine.env };
  for (const line of await describeMachine(engine.version, signal)) print(line);
  for (const { name, title, run } of sections) {
    signal.throwIfAborted();
    say(`measuring: ${name}`);
    const parts = await run({ env, signal, turns, hosts, against, say });
    print(`\n## ${title}\n\n${parts.join("\n\n")}`);
  }
}

try {
  await bench();
} catch (error) {
  process.stderr.write(`bench: ${(error as Error).message}\n`);
  process.exitCode = 1;
}

import { setTimeout as sleep } from "node:timers/promises";

import { createSshPool } from "../../../provider/remote/pool.ts";
import { type ConnectionArgs, connectionSchema } from "../../../provider/schema/connection.ts";
import { noisyHome, SHELLS, VALUES } from "../../../test/remote/shells.ts";
import { commandLineOf, descendantsOf } from "../../../test/support/process-tree.ts";
import { type Sshd, startSshd } from "../../../test/support/sshd.ts";
import type { Section } from "../section.ts";
import { besideFlood } from "./flood.ts";
import { HOSTS } from "./hosts.ts";
import { COMMAND, USES } from "./uses.ts";

/** A wait that its caller has limited to a few seconds and that has not ended by then has no end. */
const HANG_MS = 40_000;
const PASSWORD = "tok-5d41402a-bc4b";
const OBEYED = /[^\P{Cc}\n]|[\p{Cf}\p{Zl}\p{Zp}]|<\{%/u;

interface Seen {
  readonly hang: boolean;
  readonly text: string;
}

/** The error that came of it, or nothing to say. */
async function tried(work: Promise<unknown>): Promise<Seen> {
  const answered = work.then(
    () => ({ hang: false, text: "" }),
    (error: unknown) => ({ hang: false, text: (error as Error).message }),
  );
  const timer = new AbortController();
  const late = sleep(HANG_MS, { hang: true, text: "" }, { signal: timer.signal }).catch(() => ({
    hang: true,
    text: "",
  }));
  const seen = await Promise.race([answered, late]);
  timer.abort();
  return seen;
}

/** What is still running for somebody who has left. */
async function leftOver(sshd: Sshd): Promise<readonly string[]> {
  for (let wait = 0; ; wait += 250) {
    const left = descendantsOf(sshd.pid).map(commandLineOf);
    // Closing a channel does not end what neither reads nor writes: `sleep` does, by its own time.
    const counted = left.filter((line) => line !== "" && !/^(?:sshd|sh|-?bash|sleep)\b/.test(line));
    if (counted.length === 0 || wait >= 3000) return counted;
    await sleep(250);
  }
}

async function shellsAndValues(): Promise<{ readonly equal: number; readonly all: number }> {
  const accounts = Object.entries(SHELLS).map(([name, shell]) => ({
    name,
    shell,
    home: noisyHome("Welcome!\n"),
  }));
  const sshd = await startSshd({ accounts });
  const pool = createSshPool();
  let equal = 0;
  try {
    for (const { name } of accounts) {
      const executor = pool.executor(connectionSchema.parse({ ...connectionOf(sshd), user: name }));
      for (const value of Object.values(VALUES)) {
        const asArgument = await executor.run({ script: `printf %s "$1"`, args: [value] }, COMMAND);
        const asInput = await executor.run({ argv: ["cat"], stdin: value }, COMMAND);
        if (asArgument.stdout === value && asInput.stdout === value) equal++;
      }
    }
  } finally {
    await pool.closeAll();
    await sshd.stop();
  }
  return { equal, all: accounts.length * Object.keys(VALUES).length };
}

const connectionOf = (sshd: Sshd): ConnectionArgs => ({
  host: sshd.host,
  port: sshd.port,
  privateKey: sshd.clientKey,
  hostKey: sshd.hostKey,
  perDialTimeout: 3,
  dialErrorLimit: 1,
});

export const robustness: Section = {
  name: "robustness",
  title: "Hosts, login shells and texts that are not as they should be",
  run: async ({ signal, say }) => {
    const totals = { situations: 0, hangs: 0, leaks: 0, secrets: 0, "control characters": 0 };
    for (const [host, { account, ...server }] of Object.entries(HOSTS)) {
      signal.throwIfAborted();
      say(`robustness: ${host}`);
      const sshd = await startSshd({
        ...server,
        accounts: [{ ...account, name: "ops", password: PASSWORD }],
      });
      try {
        for (const [use, run] of Object.entries(USES)) {
          const pool = createSshPool();
          const executor = pool.executor(connectionSchema.parse({ ...connectionOf(sshd), user: "ops" }));
          const { hang, text } = await tried(run(executor));
          await pool.closeAll();
          const left = await leftOver(sshd);
          totals.situations++;
          if (hang) totals.hangs++;
          if (left.length > 0) totals.leaks++;
          if ([PASSWORD, sshd.clientKey].some((secret) => text.includes(secret))) totals.secrets++;
          if (OBEYED.test(text) || text.includes("\n")) totals["control characters"]++;
          if (hang || left.length > 0)
            say(`robustness: ${host}, ${use}: ${hang ? "no answer" : left.join("; ")}`);
        }
      } finally {
        await sshd.stop();
      }
    }
    const { equal, all } = await shellsAndValues();
    say("robustness: sixteen hosts, one of which floods");
    const beside = await besideFlood();
    return [
      [
        ...Object.entries(totals).map(([name, count]) => `${name} ${count}`),
        `shells x values ${equal} equal${equal === all ? "" : ` of ${all}`}`,
        `${beside.hosts} hosts beside a flood: ${(beside.flood / beside.silent).toFixed(2)} of their time beside a silent host (${Math.round(beside.flood)} ms, ${Math.round(beside.silent)} ms; median of ${beside.turns})`,
      ].join("\n"),
    ];
  },
};

import { setTimeout as sleep } from "node:timers/promises";

import { boundOf } from "../../provider/bound.ts";
import { observeHost } from "../../provider/detection/observe.ts";
import { EMPTY_RECORD } from "../../provider/host-record/record.ts";
import { remoteRecordStore } from "../../provider/host-record/remote-store.ts";
import type { Executor } from "../../provider/remote/executor.ts";
import { createSshPool } from "../../provider/remote/pool.ts";
import { type ConnectionArgs, connectionSchema } from "../../provider/schema/connection.ts";
import { noisyHome, SHELLS, VALUES } from "../../test/remote/shells.ts";
import type { HostAccount } from "../../test/support/host-accounts.ts";
import { commandLineOf, descendantsOf } from "../../test/support/process-tree.ts";
import { type Sshd, startSshd } from "../../test/support/sshd.ts";
import type { Section } from "./section.ts";

/** A wait that its caller has limited to a few seconds and that has not ended by then has no end. */
const HANG_MS = 40_000;
const COMMAND = { timeoutMs: 8000 };
const PASSWORD = "tok-5d41402a-bc4b";
const OBEYED = /[^\P{Cc}\n]|[\p{Cf}\p{Zl}\p{Zp}]|<\{%/u;

/** Hosts that differ in one thing; every one of them is put to every use. */
const HOSTS: Readonly<
  Record<string, { readonly config?: readonly string[]; readonly account?: Partial<HostAccount> }>
> = {
  plain: {},
  "1 session": { config: ["MaxSessions 1"] },
  "2 sessions": { config: ["MaxSessions 2"] },
  "3 sessions": { config: ["MaxSessions 3"] },
  "no session": { config: ["MaxSessions 0"] },
  "only rsa-sha2-512": { config: ["PubkeyAcceptedAlgorithms rsa-sha2-512"] },
  "no common cipher": { config: ["Ciphers aes128-cbc"] },
  "a forced command": {
    config: ['ForceCommand echo logged; eval "$SSH_ORIGINAL_COMMAND"; echo bye; exit 3'],
  },
  "another forced command": { config: ["ForceCommand /usr/lib/openssh/sftp-server"] },
  "start-up files that print": {
    account: { shell: "/bin/bash", home: noisyHome("Welcome!\nlocked\nwritten\nconflict\n") },
  },
  "start-up files that print colours": {
    account: { shell: "/bin/bash", home: noisyHome("\u001B]0;pwn\u0007\u001B[2J<{%fg 1%}>") },
  },
  "start-up files that print without a line end": {
    account: { shell: "/bin/bash", home: { ".bashrc": "head -c 100000 /dev/zero\n" } },
  },
  "start-up files that never end": { account: { shell: "/bin/bash", home: { ".bashrc": "yes\n" } } },
  "start-up files that wait": { account: { shell: "/bin/bash", home: { ".bashrc": "sleep 311\n" } } },
  "start-up files that read stdin": {
    account: { shell: "/bin/bash", home: { ".bashrc": "cat >/dev/null\n" } },
  },
  "start-up files that echo stdin": { account: { shell: "/bin/bash", home: { ".bashrc": "cat\n" } } },
  "a shell that lets nobody in": { account: { shell: "/usr/sbin/nologin" } },
  "a shell that says control characters": {
    account: { shell: "/bin/bash", home: { ".bashrc": "printf '\\033]0;pwn\\007'; exit 3\n" } },
  },
};

const hold = { script: "echo locked; cat", name: "a lock" };

/** What is asked of a host. An error is an answer too: what counts is that there is one. */
const USES: Readonly<Record<string, (executor: Executor) => Promise<unknown>>> = {
  "one command": (executor) => executor.run({ argv: ["echo", "here"] }, COMMAND),
  "twelve commands at once": (executor) =>
    Promise.all(Array.from({ length: 12 }, () => executor.run({ argv: ["true"] }, COMMAND))),
  "commands beside a lock": async (executor) => {
    const held = await executor.hold(hold, COMMAND);
    try {
      await held.ready;
      for (let turn = 0; turn < 3; turn++) await executor.run({ argv: ["true"] }, COMMAND);
    } finally {
      await held.release();
    }
  },
  "a command that hangs": (executor) => executor.run({ argv: ["sleep", "312"] }, { timeoutMs: 500 }),
  "a command that floods": (executor) =>
    executor.run({ argv: ["yes", "\u001B[2J"] }, { ...COMMAND, outputLimitBytes: 2 ** 20 }),
  "a deadline": (executor) => executor.run({ script: "cat; sleep 313" }, { ...COMMAND, ...boundOf(700) }),
  "a wait that is cancelled": (executor) =>
    executor
      .hold({ argv: ["sleep", "314"] }, { ...COMMAND, signal: AbortSignal.timeout(400) })
      .then((held) => held.ready),
  "a look at the host": (executor) => observeHost(executor, COMMAND.timeoutMs),
  "the record under its lock": async (executor) => {
    const store = remoteRecordStore(executor, "root", EMPTY_RECORD, {
      lockWaitSeconds: 2,
      lockTimeoutMs: 5000,
    });
    await store.locked(() => store.update((record) => record));
  },
};

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
    for (const [host, { config = [], account }] of Object.entries(HOSTS)) {
      signal.throwIfAborted();
      say(`robustness: ${host}`);
      const sshd = await startSshd({ config, accounts: [{ ...account, name: "ops", password: PASSWORD }] });
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
    return [
      [
        ...Object.entries(totals).map(([name, count]) => `${name} ${count}`),
        `shells x values ${equal} equal${equal === all ? "" : ` of ${all}`}`,
      ].join("\n"),
    ];
  },
};

import { observeHost } from "../../../provider/detection/observe.ts";
import { createSshPool } from "../../../provider/remote/pool.ts";
import { connectionTo } from "../../../test/remote/connection-to.ts";
import { type Sshd, startSshd } from "../../../test/support/sshd.ts";
import { median } from "../median.ts";

const NEIGHBOURS = 15;
const TURNS = 7;
const LOOK_MS = 30_000;

/** What the sixteenth host does while the others are observed. */
const SIXTEENTH = { flood: "yes\n", silent: "sleep 316\n" } as const;

export interface BesideFlood {
  readonly hosts: number;
  readonly turns: number;
  /** Milliseconds until the last of the others is observed. */
  readonly flood: number;
  readonly silent: number;
}

/** Sixteen hosts are observed at once, and one of them floods, or says nothing: how long do the other fifteen take? */
export async function besideFlood(): Promise<BesideFlood> {
  const sshd = await startSshd({
    accounts: [
      ...Object.entries(SIXTEENTH).map(([name, text]) => ({
        name,
        shell: "/bin/bash",
        home: { ".bashrc": text },
      })),
      ...Array.from({ length: NEIGHBOURS }, (_, index) => ({ name: `host${index}` })),
    ],
  });
  const times = { flood: [] as number[], silent: [] as number[] };
  try {
    // In turns, so that what else the machine does falls on both.
    for (let turn = 0; turn < TURNS; turn++)
      for (const name of ["flood", "silent"] as const) times[name].push(await observedBeside(sshd, name));
  } finally {
    await sshd.stop();
  }
  return { hosts: NEIGHBOURS, turns: TURNS, flood: median(times.flood), silent: median(times.silent) };
}

async function observedBeside(sshd: Sshd, sixteenth: string): Promise<number> {
  const pool = createSshPool();
  const look = (user: string): Promise<unknown> =>
    observeHost(pool.executor(connectionTo(sshd, { user, perDialTimeout: 5 })), LOOK_MS).catch(
      () => undefined,
    );
  const started = performance.now();
  const odd = look(sixteenth);
  await Promise.all(Array.from({ length: NEIGHBOURS }, (_, index) => look(`host${index}`)));
  const time = performance.now() - started;
  // What the odd host does goes on until it is given up.
  await pool.closeAll();
  await odd;
  return time;
}

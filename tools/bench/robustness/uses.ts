import { boundOf } from "../../../provider/bound.ts";
import { observeHost } from "../../../provider/detection/observe.ts";
import { EMPTY_RECORD } from "../../../provider/host-record/record.ts";
import { remoteRecordStore } from "../../../provider/host-record/remote-store.ts";
import type { Executor } from "../../../provider/remote/executor.ts";

export const COMMAND = { timeoutMs: 8000 };

const hold = { script: "echo locked; cat", name: "a lock" };

/** What is asked of a host. An error is an answer too: what counts is that there is one. */
export const USES: Readonly<Record<string, (executor: Executor) => Promise<unknown>>> = {
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

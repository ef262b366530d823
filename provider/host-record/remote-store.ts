import { randomUUID } from "node:crypto";

import { elevated, type Right } from "../remote/elevate.ts";
import type { CommandResult, Executor } from "../remote/executor.ts";
import { HOST_LOCK_PATH, HOST_RECORD_DIRECTORY, HOST_RECORD_PATH } from "./path.ts";
import {
  EMPTY_RECORD,
  formatHostRecord,
  type HostRecord,
  HostRecordError,
  parseHostRecord,
} from "./record.ts";
import { HostLockedError, HostLockLostError, type HostRecordStore } from "./store.ts";

const WRITE_TIMEOUT_MS = 60_000;
/** A record is written in milliseconds; more contenders than this in a row means that something else is wrong. */
const ATTEMPTS = 50;

/**
 * Writes the record if it still has the expected revision, which is $1, and the lock of the host still is the one that $2 names;
 * an empty $2 needs no lock. Only the host knows that: a connection that broke a moment ago is made anew without a word. The temporary file is complete and on disk before it
 * takes the record's name, so the record is never half written. The revision is where we write it, or, in a record that a
 * person's tool has formatted in another way, the first thing of that name.
 */
const swapScript = (content: string, marker: string): string => `
set -e
umask 077
mkdir -p ${HOST_RECORD_DIRECTORY}
exec 9>>${HOST_RECORD_DIRECTORY}/record.lock
flock -w 30 9 || { echo locked; exit 0; }
if [ -n "$2" ]; then
  holder=; read -r holder <${HOST_LOCK_PATH} || :
  if [ "$holder" != "$2" ] || flock -n ${HOST_LOCK_PATH} true; then echo lost; exit 0; fi
fi
revision=0
if [ -s ${HOST_RECORD_PATH} ]; then
  revision=$(sed -n 's/^  "revision": \\([0-9][0-9]*\\),*$/\\1/p' ${HOST_RECORD_PATH} | head -n 1)
  [ -n "$revision" ] || revision=$(grep -o '"revision" *: *[0-9]*' ${HOST_RECORD_PATH} | head -n 1 | tr -dc 0-9)
fi
if [ "$revision" != "$1" ]; then echo conflict; cat ${HOST_RECORD_PATH}; exit 0; fi
temporary=${HOST_RECORD_PATH}.$$
trap 'rm -f "$temporary"' EXIT
cat >"$temporary" <<'${marker}'
${content.trimEnd()}
${marker}
sync "$temporary" 2>/dev/null || sync
mv -f "$temporary" ${HOST_RECORD_PATH}
sync ${HOST_RECORD_DIRECTORY} 2>/dev/null || sync
echo written
`;

/**
 * Says "locked" once it has the lock, and keeps it until its stdin closes, which the end of the connection does too. The file
 * says who has it.
 */
const lockScript = (seconds: number, holder: string): readonly string[] => [
  "sh",
  "-c",
  `umask 077; mkdir -p ${HOST_RECORD_DIRECTORY} && exec 9>>${HOST_LOCK_PATH} && { flock -w ${seconds} 9 || { echo busy; exit 0; }; } && echo ${holder} >${HOST_LOCK_PATH} && echo locked && cat >/dev/null`,
];

export function remoteRecordStore(
  executor: Executor,
  right: Right,
  start: HostRecord,
  options: { readonly lockWaitSeconds: number; readonly lockTimeoutMs: number },
): HostRecordStore {
  let known = start;
  let lock: "none" | "held" | "lost" = "none";
  let holder = "";
  const assertNotLost = (): void => {
    if (lock === "lost") throw new HostLockLostError(executor.target);
  };
  const read = async (): Promise<HostRecord> => {
    const script = `[ ! -e ${HOST_RECORD_PATH} ] || cat ${HOST_RECORD_PATH}`;
    const answer = await executor.run(elevated(right, { script }), { timeoutMs: WRITE_TIMEOUT_MS });
    if (answer.code !== 0) throw cannot("read", executor.target, answer);
    return parseHostRecord(answer.stdout, `${HOST_RECORD_PATH} on ${executor.target}`);
  };
  /** undefined: it was refused on a record that is not the present one, and is to be tried on that. */
  const changed = async (change: (record: HostRecord) => HostRecord): Promise<HostRecord | undefined> => {
    try {
      return { ...change(known), revision: known.revision + 1 };
    } catch (refusal) {
      const now = await read();
      if (now.revision === known.revision) throw refusal;
      known = now;
      return undefined;
    }
  };
  const swap = async (change: (record: HostRecord) => HostRecord): Promise<HostRecord> => {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      assertNotLost();
      const next = await changed(change);
      if (!next) continue;
      const answer = await executor.run(
        elevated(right, {
          script: swapScript(formatHostRecord(next), endMarker()),
          args: [String(known.revision), holder],
        }),
        { timeoutMs: WRITE_TIMEOUT_MS },
      );
      const verdict = parseAnswer(executor.target, answer);
      if (verdict === "written") return (known = next);
      known = verdict;
    }
    throw new HostRecordError(
      `the record of ${executor.target} was rewritten by others ${ATTEMPTS} times in a row`,
    );
  };
  // Our own writes follow one another: running into each other would cost an exec each.
  let last: Promise<unknown> = Promise.resolve();
  const update = (change: (record: HostRecord) => HostRecord): Promise<HostRecord> => {
    const written = last.then(() => swap(change));
    last = written.catch(() => undefined);
    return written;
  };
  const locked = async <T>(work: () => Promise<T>): Promise<T> => {
    const name = randomUUID();
    const held = await executor.hold(elevated(right, { argv: lockScript(options.lockWaitSeconds, name) }), {
      timeoutMs: options.lockTimeoutMs,
    });
    try {
      const line = await held.ready;
      if (line === "busy") throw new HostLockedError(executor.target, options.lockWaitSeconds);
      if (line !== "locked") throw new HostRecordError(`cannot lock ${executor.target}: ${line}`);
      lock = "held";
      holder = name;
      const ended = (): void => {
        if (lock === "held") lock = "lost";
      };
      held.ended.then(ended, ended);
      return await work();
    } finally {
      lock = "none";
      holder = "";
      await held.release();
    }
  };
  return { update, locked, assertNotLost };
}

const endMarker = (): string =>
  `END-${Math.random().toString(36).slice(2)}${Math.random().toString(36).slice(2)}`;

function parseAnswer(target: string, answer: CommandResult): "written" | HostRecord {
  const [verdict = "", ...rest] = answer.stdout.split("\n");
  if (verdict === "written" && answer.code === 0) return "written";
  if (verdict === "lost") throw new HostLockLostError(target);
  if (verdict === "conflict") {
    const text = rest.join("\n");
    return text.trim() === "" ? EMPTY_RECORD : parseHostRecord(text, `${HOST_RECORD_PATH} on ${target}`);
  }
  throw cannot("write", target, answer);
}

function cannot(verb: "read" | "write", target: string, answer: CommandResult): HostRecordError {
  const said = answer.stderr.trim().split("\n").at(-1) ?? "";
  const [verdict = ""] = answer.stdout.split("\n");
  return new HostRecordError(
    `cannot ${verb} ${HOST_RECORD_PATH} on ${target}: ${said || verdict || `exit ${answer.code}`}`,
  );
}

import { randomUUID } from "node:crypto";

import type { Bound } from "../bound.ts";
import { CommandEndedError } from "../errors.ts";
import { HostRecordError, HostLockedError, HostLockLostError } from "../host-errors.ts";
import { excerpt, lastLine } from "../plain-text.ts";
import { elevated, elevatedHold, type Right } from "../remote/elevate.ts";
import type { CommandResult, Executor } from "../remote/executor.ts";
import { HOST_LOCK_PATH, HOST_RECORD_DIRECTORY, HOST_RECORD_PATH } from "./path.ts";
import {
  EMPTY_RECORD,
  formatHostRecord,
  type HostRecord,
  LONGEST_RECORD,
  parseHostRecord,
} from "./record.ts";
import { type HostRecordStore } from "./store.ts";

const WRITE_TIMEOUT_MS = 60_000;
/** A record is written in milliseconds; more contenders than this in a row means that something else is wrong. */
const ATTEMPTS = 50;

/**
 * Writes the record if it still has the expected revision, which is $1, and the lock of the host still is the one that $2 names;
 * an empty $2 needs no lock. Only the host knows that: a connection that broke a moment ago is made again without a word. The temporary file is complete and on disk before it
 * takes the record's name, so the record is never half written. The revision is where we write it, or, in a record that a
 * person's tool has formatted in another way, the first thing of that name.
 */
const swapScript = (content: string, marker: string): string => `
set -e
umask 077
mkdir -p ${HOST_RECORD_DIRECTORY}
if [ -e ${HOST_RECORD_PATH} ] && [ ! -f ${HOST_RECORD_PATH} ]; then echo no-file; exit 0; fi
exec 9>>${HOST_RECORD_DIRECTORY}/record.lock
code=0; flock -w 30 9 || code=$?
case $code in 0) ;; 1) echo locked; exit 0 ;; *) exit "$code" ;; esac
if [ -n "$2" ]; then
  locked=; read -r locked <${HOST_LOCK_PATH} || :
  if [ "$locked" != "$2" ] || flock -n ${HOST_LOCK_PATH} true; then echo lost; exit 0; fi
fi
revision=0
if [ -s ${HOST_RECORD_PATH} ]; then
  revision=$(sed -n 's/^  "revision": \\([0-9][0-9]*\\),*$/\\1/p' ${HOST_RECORD_PATH} | head -n 1)
  [ -n "$revision" ] || revision=$(grep -o '"revision" *: *[0-9]*' ${HOST_RECORD_PATH} | head -n 1 | tr -dc 0-9)
fi
if [ "$revision" != "$1" ]; then
  echo conflict
  [ ! -e ${HOST_RECORD_PATH} ] || head -c ${LONGEST_RECORD + 1} ${HOST_RECORD_PATH}
  exit 0
fi
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

const READ_SCRIPT = `
[ -e ${HOST_RECORD_PATH} ] || exit 0
if [ ! -f ${HOST_RECORD_PATH} ]; then echo no-file; exit 0; fi
head -c ${LONGEST_RECORD + 1} ${HOST_RECORD_PATH}
`;

/**
 * Says "locked" once it has the lock, and keeps it until its stdin closes, which the end of the connection does too. The file
 * says who has it: $2, written by cat, which names a full disk. It waits $1 seconds; flock ends with 1 when they are over, and with something else when it fails.
 */
const LOCK_SCRIPT = `
umask 077
mkdir -p ${HOST_RECORD_DIRECTORY} || exit
exec 9>>${HOST_LOCK_PATH} || exit
code=0; flock -w "$1" 9 || code=$?
case $code in 0) ;; 1) echo busy; exit 0 ;; *) exit "$code" ;; esac
echo "$2" | cat >${HOST_LOCK_PATH} && echo locked && cat >/dev/null
`;

export function remoteRecordStore(
  executor: Executor,
  right: Right,
  start: HostRecord,
  options: { readonly lockWaitSeconds: number; readonly lockTimeoutMs: number },
): HostRecordStore {
  let known = start;
  let lock: "none" | "held" | "lost" = "none";
  let lockName = "";
  const assertNotLost = (): void => {
    if (lock === "lost") throw new HostLockLostError(executor.target);
  };
  const read = async (bound: Bound): Promise<HostRecord> => {
    const command = { script: READ_SCRIPT, name: "reading the record" };
    const answer = await executor.run(elevated(right, command), { ...bound, timeoutMs: WRITE_TIMEOUT_MS });
    if (answer.code !== 0) throw cannot("read", executor.target, answer);
    if (answer.stdout === "no-file\n") throw noFile(executor.target);
    return parseHostRecord(answer.stdout, `${HOST_RECORD_PATH} on ${executor.target}`);
  };
  /** undefined: it was refused on a record that is not the present one, and is to be tried on that. */
  const changed = async (
    change: (record: HostRecord) => HostRecord,
    bound: Bound,
  ): Promise<HostRecord | undefined> => {
    try {
      return { ...change(known), revision: known.revision + 1 };
    } catch (refusal) {
      const now = await read(bound);
      if (now.revision === known.revision) throw refusal;
      known = now;
      return undefined;
    }
  };
  const swap = async (change: (record: HostRecord) => HostRecord, bound: Bound): Promise<HostRecord> => {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      assertNotLost();
      const next = await changed(change, bound);
      if (!next) continue;
      const answer = await executor.run(
        elevated(right, {
          script: swapScript(formatHostRecord(next), endMarker()),
          args: [String(known.revision), lockName],
          name: "writing the record",
        }),
        { ...bound, timeoutMs: WRITE_TIMEOUT_MS },
      );
      const verdict = parseAnswer(executor.target, answer);
      if (verdict === "written") return (known = next);
      known = verdict;
    }
    throw new HostRecordError(
      `other runs rewrote the record of ${executor.target} ${ATTEMPTS} times in a row`,
    );
  };
  // Our own writes follow one another: running into each other would cost an exec each.
  let last: Promise<unknown> = Promise.resolve();
  const update: HostRecordStore["update"] = (change, bound = {}) => {
    const written = last.then(() => swap(change, bound));
    last = written.catch(() => undefined);
    return written;
  };
  const locked: HostRecordStore["locked"] = async (work, bound = {}) => {
    const name = randomUUID();
    const args = [String(options.lockWaitSeconds), name];
    const held = await executor.hold(
      elevatedHold(right, { script: LOCK_SCRIPT, args, name: "taking the lock" }),
      { ...bound, timeoutMs: options.lockTimeoutMs },
    );
    try {
      const line = await held.ready.catch((error: unknown) => {
        throw error instanceof CommandEndedError ? cannotLock(executor.target, error) : error;
      });
      if (line === "busy") throw new HostLockedError(executor.target, options.lockWaitSeconds);
      if (line !== "locked")
        throw new HostRecordError(
          `cannot lock ${executor.target}: the lock command printed "${excerpt(line)}"`,
        );
      lock = "held";
      lockName = name;
      const ended = (): void => {
        if (lock === "held") lock = "lost";
      };
      held.ended.then(ended, ended);
      return await work();
    } finally {
      lock = "none";
      lockName = "";
      await held.release();
    }
  };
  return { update, locked, assertNotLost };
}

const endMarker = (): string => `END-${randomUUID().replaceAll("-", "")}`;

function parseAnswer(target: string, answer: CommandResult): "written" | HostRecord {
  const end = answer.stdout.indexOf("\n");
  const verdict = end === -1 ? "" : answer.stdout.slice(0, end);
  if (verdict === "written" && answer.code === 0) return "written";
  if (verdict === "lost") throw new HostLockLostError(target);
  if (verdict === "no-file") throw noFile(target);
  if (verdict === "conflict" && answer.code === 0) {
    const text = answer.stdout.slice(end + 1);
    return text.trim() === "" ? EMPTY_RECORD : parseHostRecord(text, `${HOST_RECORD_PATH} on ${target}`);
  }
  if (verdict === "locked")
    throw new HostRecordError(
      `cannot write ${HOST_RECORD_PATH} on ${target}: ${HOST_RECORD_DIRECTORY}/record.lock was held by another process for 30 s`,
    );
  throw cannot("write", target, answer);
}

const noFile = (target: string): HostRecordError =>
  new HostRecordError(`${HOST_RECORD_PATH} on ${target} is not a regular file; move it away`);

const cannot = (verb: "read" | "write", target: string, answer: CommandResult): HostRecordError =>
  new HostRecordError(
    `cannot ${verb} ${HOST_RECORD_PATH} on ${target}: ${lastLine(answer.stderr) || lastLine(answer.stdout) || `exit ${answer.code}`}`,
  );

const cannotLock = (target: string, ended: CommandEndedError): HostRecordError =>
  new HostRecordError(
    `cannot write ${HOST_LOCK_PATH} on ${target}: ${lastLine(ended.stderr) || `exit ${ended.exitStatus}`}`,
    { cause: ended },
  );

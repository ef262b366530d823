import type * as fc from "fast-check";

import { formatHostRecord, type HostRecord, parseHostRecord } from "../../provider/host-record/record.ts";
import type { Executor } from "../../provider/remote/executor.ts";

/** A host's record behind the store's own commands, in memory: each arrives, acts at once, and answers when it is let. */
export interface HostInMemory {
  /** Every record that was ever written, the oldest first. */
  readonly history: readonly HostRecord[];
  /** A connection; the answers of one that was cut never arrive. */
  connect(): { readonly executor: Executor; readonly cut: () => void };
}

export function hostInMemory(scheduler: fc.Scheduler): HostInMemory {
  let text = "";
  const history: HostRecord[] = [];
  const act = (script: string, expected: string | undefined): string => {
    if (expected === undefined) return text;
    const revision = text === "" ? 0 : parseHostRecord(text, "memory").revision;
    if (String(revision) !== expected) return `conflict\n${text}`;
    // The record stands between `<<'END-…'` and the line `END-…`.
    const [, marker = ""] = /<<'(END-\w+)'/.exec(script) ?? [];
    const [, content = ""] = script.split(new RegExp(`<<'${marker}'\\n|\\n${marker}\\n`));
    const record = parseHostRecord(content, "memory");
    text = formatHostRecord(record);
    history.push(record);
    return "written\n";
  };
  return {
    history,
    connect: () => {
      let connection: "open" | "cut" = "open";
      const executor: Executor = {
        target: "memory",
        run: async (command) => {
          if (!("script" in command)) throw new Error("the store runs scripts");
          await scheduler.schedule(Promise.resolve(), "arrives");
          const stdout = connection === "cut" ? "" : act(command.script, command.args?.[0]);
          await scheduler.schedule(Promise.resolve(), "answers");
          if (connection === "cut") throw new Error("the connection is cut");
          return { stdout, stderr: "", code: 0 };
        },
        hold: () => Promise.reject(new Error("nothing is held here")),
        close: () => Promise.resolve(),
      };
      return {
        executor,
        cut: () => {
          connection = "cut";
        },
      };
    },
  };
}

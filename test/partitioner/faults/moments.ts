import type { Command, CommandResult, Executor } from "../../../provider/remote/executor.ts";

/** What a change asks of a host, in the words of the table of faults. */
export type Task =
  | "lock"
  | "look"
  | "record"
  | "ask for a service"
  | "stop a service"
  | "set the memory mode"
  | "reload"
  | "set a compute mode"
  | "start a service";

/** The n-th command of a change (from 1) that does this. */
export interface Moment {
  readonly task: Task;
  readonly occurrence: number;
}

export const momentName = ({ task, occurrence }: Moment): string => `${task} ${occurrence}`;

const MARKS: readonly (readonly [RegExp, Task])[] = [
  [/host\.json\.\$\$/, "record"],
  [/is-active/, "ask for a service"],
  [/"systemctl","stop"/, "stop a service"],
  [/"systemctl","start"/, "start a service"],
  [/modprobe -r/, "reload"],
  [/"set",.*"-M"/, "set the memory mode"],
  [/"set",.*"-C"/, "set a compute mode"],
];

export function taskOf(command: Command): Task {
  const text = JSON.stringify(command);
  return MARKS.find(([mark]) => mark.test(text))?.[1] ?? "look";
}

export type Phase = "before" | "after";

/** Told of every command before it is sent and after it has ended. */
export type Witness = (moment: Moment, phase: Phase) => Promise<void> | void;

/** Counts what is asked of a host, one change long. */
export function momentsOf(): (task: Task) => Moment {
  const counts = new Map<Task, number>();
  return (task) => {
    const occurrence = (counts.get(task) ?? 0) + 1;
    counts.set(task, occurrence);
    return { task, occurrence };
  };
}

/** The same executor, with a witness of all that goes through it. */
export function witnessed(executor: Executor, witness: Witness): Executor {
  const count = momentsOf();
  return {
    target: executor.target,
    run: async (command, options): Promise<CommandResult> => {
      const moment = count(taskOf(command));
      await witness(moment, "before");
      const result = await executor.run(command, options);
      await witness(moment, "after");
      return result;
    },
    hold: async (command, options) => {
      await witness(count("lock"), "before");
      return executor.hold(command, options);
    },
    close: () => executor.close(),
  };
}

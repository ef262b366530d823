import { observeHost } from "../detection/observe.ts";
import { milliseconds } from "../partitioner/timeouts.ts";
import { executorFor } from "../remote/executor-for.ts";
import { closeAll } from "../remote/pool.ts";
import { type HostAccessArgs, hostAccessSchema } from "../schema/allocation.ts";
import { formatHint } from "./hint.ts";
import { reachedOrNot } from "./reachable.ts";

/** Per run of a program: one process may run many (Automation API), and each wants to see the host as it is then. */
const looksByRun = new WeakMap<object, Map<string, Promise<string>>>();
let underWay = 0;

/**
 * The program's own look at a host, begun by the resource's constructor, so that all hosts are looked at at once: the engine
 * calls `check` one resource after the other, and observing there would make sixty-four hosts take a minute.
 *
 * @param run any object that lives as long as this run of the program.
 * @returns a hint for `check`; undefined when the arguments are for `check` to refuse, or there is no host to look at.
 */
export async function prefetch(access: unknown, run: object): Promise<string | undefined> {
  const parsed = hostAccessSchema.safeParse(access);
  if (!parsed.success) return undefined;
  const executor = executorFor(parsed.data);
  if (!executor) return undefined;
  const { connection, local, timeouts } = parsed.data;
  const key = JSON.stringify([connection, local, timeouts]);
  const looks = looksByRun.get(run) ?? new Map<string, Promise<string>>();
  looksByRun.set(run, looks);
  const known = looks.get(key);
  if (known) return known;
  const look = lookOnce(parsed.data);
  looks.set(key, look);
  return look;
}

async function lookOnce(access: HostAccessArgs): Promise<string> {
  underWay++;
  const executor = executorFor(access);
  const found = await reachedOrNot(
    async () => executor && (await observeHost(executor, milliseconds(access.timeouts).observe)),
  );
  underWay--;
  // The program has nothing more to say to any host; an open connection would only keep it from ending.
  if (underWay === 0) await closeAll();
  if (!found.reached) return formatHint({ failure: found.reason, mistake: found.mistake });
  return found.value ? formatHint({ observation: found.value }) : "";
}

import { endpointKey, observeAccess } from "../access/host-access.ts";
import { tryReach } from "../access/reachable.ts";
import { closeAll } from "../remote/pool.ts";
import { type HostAccessArgs, hostAccessSchema } from "../schema/allocation.ts";
import { singleFlight } from "../single-flight.ts";
import { formatHint } from "../wire/observation-hint.ts";

/** Per run of a program: one process may run many (Automation API), and each wants to see the host as it is then. */
const observationsByRun = new WeakMap<object, Map<string, Promise<string | undefined>>>();
let underWay = 0;

/**
 * The program's own observation of a host, begun by the resource's constructor, so that all hosts are observed concurrently: the engine
 * calls `check` one resource after the other, and observing there would make sixty-four hosts take a minute.
 *
 * @param run any object that lives as long as this run of the program.
 * @returns a hint for `check`; undefined when the arguments are for `check` to refuse, or there is no host to observe.
 */
export async function prefetch(access: unknown, run: object): Promise<string | undefined> {
  const parsed = hostAccessSchema.safeParse(access);
  if (!parsed.success) return undefined;
  const observations = observationsByRun.get(run) ?? new Map<string, Promise<string | undefined>>();
  observationsByRun.set(run, observations);
  return singleFlight(observations, endpointKey(parsed.data), () => observeFor(parsed.data));
}

async function observeFor(access: HostAccessArgs): Promise<string | undefined> {
  underWay++;
  const found = await tryReach(() => observeAccess(access));
  underWay--;
  // The program has nothing more to say to any host; an open connection would only keep it from ending.
  if (underWay === 0) await closeAll();
  if (!found.reached) return formatHint({ failure: found.reason, mistake: found.mistake });
  return found.value && formatHint({ observation: found.value });
}

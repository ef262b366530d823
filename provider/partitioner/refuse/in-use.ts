import type { Holder, HostObservation } from "../../detection/observation.ts";
import { describeGroup } from "../../detection/process-group.ts";
import type { Plan } from "../plan/plan.ts";
import type { ChangePolicy } from "./refuse.ts";

/** More are counted, not listed: the sentence stands on one line of a terminal. */
const NAMED = 5;
const NAMED_FILES = 3;

/**
 * Processes that a change would take a GPU from: on the GPUs that change, or, where the driver is reloaded, on any GPU of it. One
 * whose GPU is not known may hold any.
 */
const inTheWay = (observation: HostObservation, { blastRadius }: Plan): readonly Holder[] =>
  observation.holders.filter(
    ({ gpus }) =>
      blastRadius.driverReload ||
      (blastRadius.gpus.length > 0 &&
        (gpus.length === 0 || gpus.some((gpu) => blastRadius.gpus.includes(gpu)))),
  );

/** Who still holds a GPU that would change, in one sentence with what to do. Empty = nobody. */
export function holderRefusals(observation: HostObservation, planned: Plan): readonly string[] {
  const holders = inTheWay(observation, planned);
  if (holders.length === 0) return [];
  return [`${inUseBy(holders)}; stop ${holders.length === 1 ? "it" : "them"} first`];
}

/** Tools that look and end: they need not be stopped, only outlasted. */
const PASSING = /(?:^|[ /])(?:amd-smi|amdsmi_cli|rocm-smi|rocminfo|rocm_agent_enumerator)(?:\.py)?$/;
/** The slowest of them asks eight GPUs in a few seconds. */
const PASSING_MS = 10_000;

const isPassing = ({ name }: Holder): boolean => PASSING.test(name);

/**
 * How long to wait for the processes that are in the way now, in milliseconds: as declared; and in any case for tools that another
 * run, or a monitor, has just started and that end by themselves.
 */
export function patienceFor(
  observation: HostObservation,
  planned: Plan,
  policy: Pick<ChangePolicy, "inUse" | "inUseMs">,
): number {
  if (policy.inUse === "wait") return policy.inUseMs;
  return inTheWay(observation, planned).every(isPassing) ? PASSING_MS : 0;
}

/**
 * What preview says of the processes that a planned change would hurt: those of services it stops itself, those it waits for, and
 * those for which it would be refused. Where not all could be seen, it says that and does not call the GPUs free.
 */
export function holderWarnings(
  observation: HostObservation,
  planned: Plan,
  policy: Pick<ChangePolicy, "inUse" | "inUseMs" | "services">,
): readonly string[] {
  const holders = inTheWay(observation, planned).filter((holder) => !isPassing(holder));
  const stopped = holders.filter((holder) => isOfService(holder, policy.services));
  const left = holders.filter((holder) => !stopped.includes(holder));
  const warnings: string[] = [];
  if (stopped.length > 0) warnings.push(`${inUseBy(stopped)}; the update stops ${unitsOf(stopped)} itself`);
  if (left.length > 0) {
    const listed = policy.services.length === 0 ? "" : ` (it stops ${policy.services.join(", ")} itself)`;
    const advice =
      policy.inUse === "wait"
        ? `the update waits for ${left.length === 1 ? "it" : "them"}, ${policy.inUseMs / 1000} s at most`
        : `stop ${left.length === 1 ? "it" : "them"} first, or the update refuses`;
    warnings.push(`${inUseBy(left)}; ${advice}${listed}`);
  }
  if (planned.steps.length > 0 && observation.holdersSeen === "kfd") {
    warnings.push(
      "who has the GPUs' device files open could not be read, which takes root; more processes than KFD lists may use them",
    );
  }
  return warnings;
}

/** systemd takes "vllm" for "vllm.service". */
const isOfService = ({ group }: Holder, services: readonly string[]): boolean =>
  group?.kind === "unit" && services.some((name) => name === group.name || `${name}.service` === group.name);

const unitsOf = (holders: readonly Holder[]): string =>
  [...new Set(holders.flatMap(({ group }) => (group?.kind === "unit" ? [group.name] : [])))].join(", ");

function inUseBy(holders: readonly Holder[]): string {
  const named = holders.slice(0, NAMED).map(describeHolder);
  const more = holders.length - named.length;
  return `GPUs are in use by ${named.join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}

/** "python3 (pid 4711 of ops in vllm.service on 0000:22:00.0: /dev/kfd, /dev/dri/renderD136)" */
function describeHolder({ name, pid, user, group, gpus, files = [] }: Holder): string {
  const shown = [
    ...files.slice(0, NAMED_FILES),
    ...(files.length > NAMED_FILES ? [`${files.length - NAMED_FILES} more`] : []),
  ];
  const parts = [
    `pid ${pid}`,
    ...(user === undefined ? [] : [`of ${user}`]),
    ...(group === undefined ? [] : [describeGroup(group)]),
    ...(gpus.length === 0 ? [] : [`on ${gpus.join(", ")}`]),
  ];
  return `${name} (${parts.join(" ")}${shown.length > 0 ? `: ${shown.join(", ")}` : ""})`;
}

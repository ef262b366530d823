import type { Holder, HostObservation } from "../../detection/observation.ts";
import type { Message } from "../../message.ts";
import type { Plan } from "../plan/plan.ts";
import { refuseMessages as say } from "./messages.ts";
import type { ChangePolicy } from "./refuse.ts";

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
export function holderRefusals(observation: HostObservation, planned: Plan): readonly Message[] {
  const processes = inTheWay(observation, planned);
  return processes.length === 0 ? [] : [say["gpus-in-use"]({ processes })];
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
): readonly Message[] {
  const { services, inUse, inUseMs: waitMs } = policy;
  const holders = inTheWay(observation, planned).filter((holder) => !isPassing(holder));
  const stopped = holders.filter((holder) => isOfService(holder, services));
  const processes = holders.filter((holder) => !stopped.includes(holder));
  return [
    ...(stopped.length > 0 ? [say["gpus-in-use-stopped"]({ processes: stopped })] : []),
    ...(processes.length === 0
      ? []
      : [
          inUse === "wait"
            ? say["gpus-in-use-waits"]({ processes, waitMs, services })
            : say["gpus-in-use-refuses"]({ processes, services }),
        ]),
    ...(planned.steps.length > 0 && observation.holdersSeen === "kfd" ? [say["open-files-unread"]()] : []),
  ];
}

/** systemd takes "vllm" for "vllm.service". */
const isOfService = ({ group }: Holder, services: readonly string[]): boolean =>
  group?.kind === "unit" && services.some((name) => name === group.name || `${name}.service` === group.name);

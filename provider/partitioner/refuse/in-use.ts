import type { ComputeSwitch } from "../../detection/assemble/compute-switch.ts";
import type { GpuProcess, HostObservation } from "../../detection/observation.ts";
import type { Message } from "../../message.ts";
import type { Bdf } from "../../topology/layout.ts";
import type { Plan } from "../plan/plan.ts";
import { refuseMessages as say } from "./messages.ts";
import type { ChangePolicy } from "./refuse.ts";

/**
 * Processes that block a change. A reload of the driver: every process that has a device file of it open. A compute mode: the
 * processes with access to a GPU that changes, and, unless the driver is known to change one GPU alone, every process that has
 * /dev/kfd open. A process whose GPUs are not known may use any.
 */
export function inTheWay(observation: HostObservation, { blastRadius }: Plan): readonly GpuProcess[] {
  if (blastRadius.driverReload) return observation.gpuProcesses;
  if (blastRadius.gpus.length === 0) return [];
  const { computeSwitch } = observation.driverModule;
  return observation.gpuProcesses.filter(
    (process) =>
      hasAccess(process, blastRadius.gpus) || (computeSwitch !== "idle-gpu" && process.kfd === true),
  );
}

const hasAccess = ({ gpus }: GpuProcess, changing: readonly Bdf[]): boolean =>
  gpus.length === 0 || gpus.some((gpu) => changing.includes(gpu));

/** Why processes on other GPUs are in the way too; undefined where none is. */
const whyOthers = (
  { driverModule }: HostObservation,
  { blastRadius }: Plan,
  processes: readonly GpuProcess[],
): ComputeSwitch | undefined =>
  !blastRadius.driverReload && processes.some((process) => !hasAccess(process, blastRadius.gpus))
    ? driverModule.computeSwitch
    : undefined;

/** Who still blocks the change, in one sentence with what to do. Empty = nobody. */
export function processRefusals(observation: HostObservation, planned: Plan): readonly Message[] {
  const processes = inTheWay(observation, planned);
  const because = whyOthers(observation, planned, processes);
  return processes.length === 0 ? [] : [say["gpus-in-use"]({ processes, ...(because && { because }) })];
}

/**
 * The processes to name after the driver has refused a step as busy: those in the way, and, because the driver knows better than
 * its release number, every other process that has /dev/kfd open.
 */
export function busyWith(observation: HostObservation, planned: Plan): readonly Message[] {
  const known = new Set(inTheWay(observation, planned));
  const processes = observation.gpuProcesses.filter((process) => known.has(process) || process.kfd === true);
  const because = whyOthers(observation, planned, processes);
  return processes.length === 0 ? [] : [say["gpus-in-use"]({ processes, ...(because && { because }) })];
}

/** Tools that only read and then end: they need not be stopped, only outlasted. */
const PASSING = /(?:^|[ /])(?:amd-smi|amdsmi_cli|rocm-smi|rocminfo|rocm_agent_enumerator)(?:\.py)?$/;
/** The slowest of them asks eight GPUs in a few seconds. */
const PASSING_MS = 10_000;

const isPassing = ({ name }: GpuProcess): boolean => PASSING.test(name);

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
export function processWarnings(
  observation: HostObservation,
  planned: Plan,
  policy: Pick<ChangePolicy, "inUse" | "inUseMs" | "services">,
): readonly Message[] {
  const { services, inUse, inUseMs: waitMs } = policy;
  const gpuProcesses = inTheWay(observation, planned).filter((process) => !isPassing(process));
  const stopped = gpuProcesses.filter((process) => isOfService(process, services));
  const processes = gpuProcesses.filter((process) => !stopped.includes(process));
  const because = whyOthers(observation, planned, processes);
  const of = { processes, ...(because && { because }) };
  return [
    ...(stopped.length > 0 ? [say["gpus-in-use-stopped"]({ processes: stopped })] : []),
    ...(processes.length === 0
      ? []
      : [
          inUse === "wait"
            ? say["gpus-in-use-waits"]({ ...of, waitMs, services })
            : say["gpus-in-use-refuses"]({ ...of, services }),
        ]),
    ...(planned.steps.length > 0 && observation.processesSeen === "kfd" ? [say["open-files-unread"]()] : []),
    ...driverUnknown(observation, planned),
  ];
}

/** A driver whose release does not tell what it needs idle counts as the stricter kind, which may refuse more than needed. */
function driverUnknown({ driverModule, versions }: HostObservation, planned: Plan): readonly Message[] {
  const changesCompute = planned.steps.length > 0 && !planned.blastRadius.driverReload;
  if (!changesCompute || driverModule.computeSwitch !== "unsaid") return [];
  return [say["compute-switch-unknown"]({ driver: versions.driver, kernel: versions.kernel })];
}

/** systemd takes "vllm" for "vllm.service". */
const isOfService = ({ group }: GpuProcess, services: readonly string[]): boolean =>
  group?.kind === "unit" && services.some((name) => name === group.name || `${name}.service` === group.name);

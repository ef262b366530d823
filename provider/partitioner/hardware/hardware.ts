import { exitCodesOf, generationOf } from "../../amd-smi/generation.ts";
import { ArgumentError } from "../../argument-errors.ts";
import type { Bound } from "../../bound.ts";
import { HostCommandError } from "../../change-errors.ts";
import { amdSmiPathOf, type HostObservation } from "../../detection/observation.ts";
import { observeHost } from "../../detection/observe.ts";
import { remoteRecordStore } from "../../host-record/remote-store.ts";
import { recordWithin } from "../../host-record/store.ts";
import { lastLine } from "../../plain-text.ts";
import { elevated } from "../../remote/elevate.ts";
import type { Command, CommandResult, Executor } from "../../remote/executor.ts";
import { installBootUnit, removeBootUnit } from "../boot-unit/install.ts";
import type { HostAsRoot } from "../host-as-root.ts";
import { type Partitioner, StepFailedError } from "../partitioner.ts";
import { withQueries } from "../with-queries.ts";
import { reloadDriver } from "./reload-driver.ts";
import { applyComputeMode, applyMemoryMode } from "./set-modes.ts";

/** Milliseconds. */
export interface HardwareTimeouts {
  /** One observation of the host. */
  readonly observe: number;
  /** One amd-smi call that changes a mode. */
  readonly set: number;
  /** The driver's reload until all GPUs are back. */
  readonly reload: number;
  /** Waiting for another run that changes the same host. */
  readonly lock: number;
}

export interface HardwareOptions {
  /** Where amd-smi is. @default the first one found in the usual places and PATH */
  readonly amdSmiPath?: string | undefined;
  /** Why the modes of this host cannot be changed. @default they can */
  readonly unchangeable?: string;
}

/** The host ends the wait for its lock itself; this much later it is given up from here. */
const HOST_ANSWERS_MS = 15_000;
/** No tool that changes something says more than some lines. */
const OUTPUT_LIMIT_BYTES = 1024 * 1024;
/** systemd itself gives a unit 90 s to stop before it kills it. */
const SERVICE_MS = 180_000;

/** Names come from a declaration, which is checked, and from the journal on the host, which is not. */
function unitArgument(name: string): string {
  if (!name.startsWith("-")) return name;
  throw new ArgumentError([`"${name}" is an option, not the name of a systemd unit`]);
}

/** The partitioner of a real host: amd-smi for the modes, modprobe for the reload, the kernel's files for the truth. */
export function hardwarePartitioner(
  executor: Executor,
  start: HostObservation,
  timeouts: HardwareTimeouts,
  { amdSmiPath, unchangeable }: HardwareOptions = {},
): Partitioner {
  const { target } = executor;
  const record = remoteRecordStore(executor, start.right, start.record, {
    lockWaitSeconds: Math.ceil(timeouts.lock / 1000),
    lockTimeoutMs: timeouts.lock + HOST_ANSWERS_MS,
  });
  // What changes the host is limited in time by each command alone: broken off, it would go on over there.
  const run = async (command: Command, timeoutMs: number): Promise<CommandResult> => {
    record.assertNotLost();
    return executor.run(elevated(start.right, command), { timeoutMs, outputLimitBytes: OUTPUT_LIMIT_BYTES });
  };
  const exitCodes = exitCodesOf(start.versions.amdSmi);
  const host: HostAsRoot = { target, amdSmi: amdSmiPathOf(start), exitCodes, run };
  const generation = generationOf(start.versions.amdSmi);

  const systemctl = async (verb: "stop" | "start", name: string): Promise<void> => {
    const result = await run({ argv: ["systemctl", verb, unitArgument(name)] }, SERVICE_MS);
    if (result.code !== 0)
      throw new HostCommandError(
        target,
        `systemctl ${verb} ${name} failed: ${lastLine(result.stderr) || `exit ${result.code}`}`,
      );
  };

  const within = (bound: Bound): Partitioner => {
    const observe = (): Promise<HostObservation> =>
      observeHost(executor, timeouts.observe, { amdSmiPath, bound });
    const apply: Partitioner["apply"] = async (step, progress = () => undefined) => {
      if (unchangeable !== undefined) throw new StepFailedError(target, step, unchangeable);
      switch (step.action) {
        case "setMemoryMode":
          return applyMemoryMode(host, step, generation, timeouts);
        case "reloadDriver":
          return reloadDriver(host, step, { observe, generation, limitMs: timeouts.reload, progress, bound });
        case "setComputeMode":
          return applyComputeMode(host, step, timeouts.set);
      }
    };
    const isServiceActive = async (name: string): Promise<boolean> => {
      const { code } = await executor.run(
        { argv: ["systemctl", "is-active", "--quiet", unitArgument(name)] },
        { ...bound, timeoutMs: SERVICE_MS },
      );
      return code === 0;
    };
    return withQueries({
      kind: "hardware",
      target,
      ...(unchangeable !== undefined && { unchangeable }),
      within,
      record: recordWithin(record, bound),
      observe,
      apply,
      isServiceActive,
      stopService: (name) => systemctl("stop", name),
      startService: (name) => systemctl("start", name),
      installBootUnit: (files) => installBootUnit(host, files),
      removeBootUnit: (name) => removeBootUnit(host, name),
    });
  };
  return within({});
}

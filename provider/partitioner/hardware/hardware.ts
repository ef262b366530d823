import { exitCodesOf, generationOf } from "../../amd-smi/generation.ts";
import { amdSmiPathOf, type HostObservation } from "../../detection/observation.ts";
import { observeHost } from "../../detection/observe.ts";
import { remoteRecordStore } from "../../host-record/remote-store.ts";
import { elevated } from "../../remote/elevate.ts";
import type { Command, CommandResult, Executor } from "../../remote/executor.ts";
import { type Partitioner, StepFailedError } from "../partitioner.ts";
import { withQueries } from "../with-queries.ts";
import type { HostAsRoot } from "./host-as-root.ts";
import { installBootUnit, removeBootUnit } from "./install-boot-unit.ts";
import { reloadDriver } from "./reload-driver.ts";
import { applyComputeMode, applyMemoryMode } from "./set-modes.ts";

/** Milliseconds. */
export interface HardwareTimeouts {
  /** One look at the host. */
  readonly observe: number;
  /** One amd-smi call that changes a mode. */
  readonly set: number;
  /** The driver's reload until all GPUs are back. */
  readonly reload: number;
  /** Waiting for another run that changes the same host. */
  readonly lock: number;
}

export interface HardwareOptions {
  /** Where amd-smi is. @default it is looked for */
  readonly amdSmiPath?: string | undefined;
  /** Why the modes of this host cannot be changed. @default they can */
  readonly unchangeable?: string;
}

/** systemd itself gives a unit 90 s to stop before it kills it. */
const SERVICE_MS = 180_000;

/** The partitioner of a real host: amd-smi for the modes, modprobe for the reload, the kernel's files for the truth. */
export function hardwarePartitioner(
  executor: Executor,
  start: HostObservation,
  timeouts: HardwareTimeouts,
  options: HardwareOptions = {},
): Partitioner {
  const { target } = executor;
  const observe = (): Promise<HostObservation> => observeHost(executor, timeouts.observe, options.amdSmiPath);
  const record = remoteRecordStore(executor, start.right, start.record, {
    lockWaitSeconds: Math.ceil(timeouts.lock / 1000),
    lockTimeoutMs: timeouts.lock + timeouts.reload * 4,
  });
  const run = async (command: Command, timeoutMs: number): Promise<CommandResult> => {
    record.assertNotLost();
    return executor.run(elevated(start.right, command), { timeoutMs });
  };

  const exitCodes = exitCodesOf(start.versions.amdSmi);
  const host: HostAsRoot = { target, amdSmi: amdSmiPathOf(start), exitCodes, run };
  const generation = generationOf(start.versions.amdSmi);

  const apply: Partitioner["apply"] = async (step, progress = () => undefined) => {
    if (options.unchangeable !== undefined) throw new StepFailedError(target, step, options.unchangeable);
    switch (step.action) {
      case "setMemoryMode":
        return applyMemoryMode(host, step, generation, timeouts);
      case "reloadDriver":
        return reloadDriver(host, step, { observe, generation, limitMs: timeouts.reload, progress });
      case "setComputeMode":
        return applyComputeMode(host, step, timeouts.set);
    }
  };

  const systemctl = async (verb: "stop" | "start", name: string): Promise<void> => {
    const result = await run({ argv: ["systemctl", verb, name] }, SERVICE_MS);
    if (result.code !== 0)
      throw new Error(`${target}: systemctl ${verb} ${name} failed: ${result.stderr.trim()}`);
  };

  const isServiceActive = async (name: string): Promise<boolean> => {
    const { code } = await executor.run(
      { argv: ["systemctl", "is-active", "--quiet", name] },
      { timeoutMs: SERVICE_MS },
    );
    return code === 0;
  };

  return withQueries({
    kind: "hardware",
    target,
    ...(options.unchangeable !== undefined && { unchangeable: options.unchangeable }),
    record,
    observe,
    apply,
    isServiceActive,
    stopService: (name) => systemctl("stop", name),
    startService: (name) => systemctl("start", name),
    installBootUnit: (files) => installBootUnit(host, files),
    removeBootUnit: (name) => removeBootUnit(host, name),
  });
}

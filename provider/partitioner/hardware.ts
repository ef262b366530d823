import { ACCEPT_TERMS, setComputeMode, setMemoryMode } from "../amd-smi/commands.ts";
import { setOutcome } from "../amd-smi/outcome.ts";
import type { HostObservation } from "../detection/observation.ts";
import { observeHost } from "../detection/observe.ts";
import { remoteRecordStore } from "../host-record/remote-store.ts";
import { elevated } from "../remote/elevate.ts";
import type { Command, CommandResult, Executor } from "../remote/executor.ts";
import { type Partitioner, StepFailedError } from "./partitioner.ts";
import { describeStep, type Step } from "./plan.ts";
import { withQueries } from "./with-queries.ts";

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

/** systemd itself gives a unit 90 s to stop before it kills it. */
const SERVICE_MS = 180_000;

/** How often to look whether the GPUs are back after a reload; reading the files can wake a GPU, so not too often. */
const POLL_MS = 2000;

/**
 * Unload and load in one script that ignores the loss of its connection: between the two the host has no driver, and
 * must not stay so because somebody's laptop went to sleep. AMD's own advice for ROCm 7.0 and later.
 */
const RELOAD_SCRIPT = `
trap '' HUP PIPE
PATH="$PATH:/usr/local/sbin:/usr/sbin:/sbin"
modprobe -r amdgpu || { code=$?; echo "modprobe -r amdgpu failed" >&2; exit "$code"; }
modprobe amdgpu
`;

/** amd-smi is often outside the PATH of a non-login shell; env finds it without a shell in between. */
const withPath = (argv: readonly string[]): readonly string[] => [
  "env",
  "LC_ALL=C",
  "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/opt/rocm/bin",
  ...argv,
];

/** The partitioner of a real host: amd-smi for the modes, modprobe for the reload, the kernel's files for the truth. */
export function hardwarePartitioner(
  executor: Executor,
  start: HostObservation,
  timeouts: HardwareTimeouts,
): Partitioner {
  const { target } = executor;
  const observe = (): Promise<HostObservation> => observeHost(executor, timeouts.observe);
  const run = (command: Command, timeoutMs: number): Promise<CommandResult> =>
    executor.run(elevated(start.right, command), { timeoutMs });

  const set = async (step: Step, argv: readonly string[], answers: number): Promise<void> => {
    const result = await run({ argv: withPath(argv), stdin: ACCEPT_TERMS }, timeouts.set);
    const outcome = setOutcome(result, answers);
    if (!outcome.ok) {
      throw new StepFailedError(
        target,
        step,
        `amd-smi refused to ${describeStep(step)} (${outcome.failure}): ${outcome.message}`,
      );
    }
  };

  const reload = async (step: Step): Promise<void> => {
    const result = await run({ script: RELOAD_SCRIPT }, timeouts.reload);
    if (result.code !== 0) {
      const said = result.stderr.trim().replaceAll(/\s*\n\s*/g, "; ");
      throw new StepFailedError(
        target,
        step,
        `the amdgpu driver did not reload: ${said || `exit ${result.code}`}`,
      );
    }
    const until = Date.now() + timeouts.reload;
    for (;;) {
      const present = new Set((await observe()).gpus.filter((gpu) => gpu.modes).map((gpu) => gpu.gpu));
      const absent = step.gpus.filter((gpu) => !present.has(gpu));
      if (absent.length === 0) return;
      if (Date.now() > until) {
        throw new StepFailedError(
          target,
          step,
          `after the driver's reload ${absent.join(", ")} did not come back within ${timeouts.reload / 1000} s`,
        );
      }
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  };

  const apply = (step: Step): Promise<void> => {
    switch (step.action) {
      case "setMemoryMode":
        return set(step, setMemoryMode(step.gpus[0] ?? "all", step.memory), 1);
      case "reloadDriver":
        return reload(step);
      case "setComputeMode":
        return set(step, setComputeMode(step.gpus, step.compute), step.gpus.length);
    }
  };

  const systemctl = async (verb: "stop" | "start", name: string): Promise<void> => {
    const result = await run({ argv: ["systemctl", verb, name] }, SERVICE_MS);
    if (result.code !== 0)
      throw new Error(`${target}: systemctl ${verb} ${name} failed: ${result.stderr.trim()}`);
  };

  const stopService = async (name: string): Promise<boolean> => {
    const active = await executor.run(
      { argv: ["systemctl", "is-active", "--quiet", name] },
      { timeoutMs: SERVICE_MS },
    );
    if (active.code !== 0) return false;
    await systemctl("stop", name);
    return true;
  };

  const startService = (name: string): Promise<void> => systemctl("start", name);

  const record = remoteRecordStore(executor, start.right, start.record, {
    lockWaitSeconds: Math.ceil(timeouts.lock / 1000),
    lockTimeoutMs: timeouts.lock + timeouts.reload * 4,
  });
  return withQueries({ kind: "hardware", target, record, observe, apply, stopService, startService });
}

import { ACCEPT_TERMS, setComputeMode, setMemoryMode } from "../../amd-smi/commands.ts";
import type { Generation } from "../../amd-smi/generation.ts";
import { type FailureClass, type Refusal, setOutcome } from "../../amd-smi/outcome.ts";
import { lastLine } from "../../plain-text.ts";
import type { Bdf } from "../../topology/layout.ts";
import type { HostAsRoot } from "../host-as-root.ts";
import { StepFailedError } from "../partitioner.ts";
import { describeStep, type StepOf } from "../plan/step.ts";

/** What `timeout` ends with: the command ended by TERM, or by KILL when that was not enough. */
const ENDED_BY_TIMEOUT: ReadonlySet<number> = new Set([124, 137]);
/** What a shell, `env` and `timeout` end with where a program cannot be run, or is not there. */
const NOT_STARTED: ReadonlySet<number> = new Set([126, 127]);
/** Seconds between the two. */
const KILL_AFTER = 5;
/** The host ends a command that takes too long; only when that fails too it is given up from here. */
const HOST_ENDS_IT_MS = 15_000;

/**
 * amd-smi is often outside the PATH of a non-login shell; env finds it without a shell in between. The host itself bounds it:
 * closing the connection would not end it, and it would go on changing modes while we roll back.
 */
const bounded = (limitMs: number, argv: readonly string[]): readonly string[] => [
  "env",
  // With these amd-smi runs the modules of another installation before its own.
  "-u",
  "ROCM_PATH",
  "-u",
  "ROCM_HOME",
  "LC_ALL=C",
  "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
  "timeout",
  "-k",
  String(KILL_AFTER),
  String(Math.ceil(limitMs / 1000)),
  ...argv,
];

interface Change {
  readonly step: StepOf<"setMemoryMode" | "setComputeMode">;
  readonly argv: readonly string[];
  readonly limitMs: number;
  /** How many GPUs must answer. */
  readonly answers: number;
  /** A failure that a later step deals with. */
  readonly acceptable?: FailureClass;
}

async function change(host: HostAsRoot, { step, argv, limitMs, answers, acceptable }: Change): Promise<void> {
  const command = { argv: bounded(limitMs, argv), stdin: ACCEPT_TERMS };
  const result = await host.run(command, limitMs + HOST_ENDS_IT_MS);
  const fail = (what: string, failure?: FailureClass): never => {
    throw new StepFailedError(host.target, step, what, failure && { failure });
  };
  if (ENDED_BY_TIMEOUT.has(result.code)) fail(`\`${argv.join(" ")}\` timed out after ${limitMs / 1000} s`);
  if (NOT_STARTED.has(result.code))
    fail(`amd-smi could not be started: ${lastLine(result.stderr) || `exit ${result.code}`}`);
  const outcome = setOutcome(result, answers, host.exitCodes);
  if (outcome.ok || outcome.failure === acceptable) return;
  const asked = step.action === "setMemoryMode" ? step.named : step.gpus;
  const named = asked ? byGpu(asked, outcome.refused ?? []) : "";
  fail(
    `amd-smi refused to ${describeStep(step)} (${outcome.failure}): ${named || outcome.message}`,
    outcome.failure,
  );
}

/** "0000:0c:00.0, 0000:22:00.0: <why>; 0000:38:00.0: <why>": from ROCm 10.2 on amd-smi names no GPU but by its index, which moves. */
function byGpu(gpus: readonly Bdf[], refused: readonly Refusal[]): string {
  const inOrder = gpus.toSorted();
  const reasons = [...new Set(refused.map(({ message }) => message))];
  return reasons
    .map((reason) => {
      const of = refused.filter(({ message }) => message === reason);
      return `${of.map(({ position }) => inOrder[position]).join(", ")}: ${reason}`;
    })
    .join("; ");
}

/** One call for all GPUs of a step. @param limitMs what it may take */
export const applyComputeMode = (
  host: HostAsRoot,
  step: StepOf<"setComputeMode">,
  limitMs: number,
): Promise<void> =>
  change(host, {
    step,
    argv: setComputeMode(host.amdSmi, step.gpus, step.compute),
    limitMs,
    answers: step.gpus.length,
  });

/**
 * Staged, and up to ROCm 6.4 applied by a reload of the driver within the call. Where the tool staged the mode and could not
 * reload, the step that follows does, and says why if it cannot either.
 *
 * @param limits what setting and what a reload may take
 */
export const applyMemoryMode = (
  host: HostAsRoot,
  step: StepOf<"setMemoryMode">,
  generation: Generation,
  limits: { readonly set: number; readonly reload: number },
): Promise<void> =>
  change(host, {
    step,
    argv: setMemoryMode(host.amdSmi, step.named ?? step.gpus.slice(0, 1), step.memory),
    limitMs: generation.memoryMode === "stages" ? limits.set : limits.set + limits.reload,
    answers: step.named?.length ?? 1,
    acceptable: "reload-failed",
  });

import type { Release } from "../release.ts";
import type { Fault, NodeState } from "../state.ts";
import { countRead, takeFault } from "../transitions.ts";
import { RELEASES } from "../versions.ts";
import type { ParsedArguments } from "./arguments.ts";
import { parseArguments } from "./arguments.ts";
import { GROUPS_WARNING, NO_DEVICE_NODES, raise, refuse } from "./errors.ts";
import { list } from "./list.ts";
import { metric } from "./metric.ts";
import type { Caller, Outcome } from "./outcome.ts";
import { printed } from "./outcome.ts";
import { partition } from "./partition.ts";
import { processes } from "./process.ts";
import { reset } from "./reset.ts";
import { setAllocationMode } from "./set-allocation.ts";
import { setComputeMode } from "./set-compute.ts";
import { setMemoryMode } from "./set-memory.ts";
import { withoutGpus } from "./startup.ts";
import { staticInformation } from "./static.ts";
import { usageError } from "./usage.ts";
import { version } from "./version.ts";

/**
 * One call of amd-smi.
 *
 * `answer` is what was typed at the question of `set -M` and `reset -r`: undefined until the outcome `asks`,
 * `NO_ANSWER` at end of file.
 */
export function runAmdSmi(
  state: NodeState,
  argv: readonly string[],
  caller: Caller,
  answer?: string,
): Outcome {
  const overridden = state.overrides.outputs[argv.join(" ")];
  if (overridden) return overridden;
  const { fault, state: now } = answer === undefined ? takeFault(state, "read") : { fault: undefined, state };
  if (fault) return { ...failing(fault), state: now };
  const missing = withoutGpus(now);
  if (missing) return { ...missing, state: countRead(now) };
  const outcome = withoutRequiredGpu(now, argv) ?? answerTo(now, argv, caller, answer);
  const after = outcome.state ?? now;
  const reasoned =
    RELEASES[now.rocm].missing === "reasoned"
      ? outcome.stdout.replaceAll('"N/A"', '"N/A (not supported on this system)"')
      : outcome.stdout;
  const stdout = now.lineEnd === "\n" ? reasoned : reasoned.replaceAll("\n", now.lineEnd);
  return {
    ...outcome,
    stdout,
    ...((after !== state || now.pendingReads !== null) && { state: countRead(after) }),
  };
}

function failing({ does }: Fault): Outcome {
  if (does === "hang" || does === "says-so-only") return { stdout: "", stderr: "", code: 1, hangs: true };
  return { stdout: "", stderr: raise(does, "ValueError", "Unable to read"), code: 1 };
}

/** argparse misses a required option before it minds an unknown one. */
function withoutRequiredGpu(state: NodeState, argv: readonly string[]): Outcome | undefined {
  const command = argv[0];
  if (RELEASES[state.rocm].set.gpuOption === "optional" || (command !== "set" && command !== "reset"))
    return undefined;
  const given = argv.includes("-g") || argv.includes("--gpu");
  return given ? undefined : usageError(command, "one of the arguments -g/--gpu is required");
}

function answerTo(
  state: NodeState,
  argv: readonly string[],
  caller: Caller,
  answer: string | undefined,
): Outcome {
  const parsed = parseArguments(state, argv);
  return "is" in parsed ? refuse(RELEASES[state.rocm], parsed) : dispatch(state, parsed, caller, answer);
}

/** Whether this command only reads: what it prints can be prepared. */
export const isReading = (argv: readonly string[]): boolean => argv[0] !== "set" && argv[0] !== "reset";

function dispatch(
  state: NodeState,
  parsed: ParsedArguments,
  caller: Caller,
  answer: string | undefined,
): Outcome {
  const release = RELEASES[state.rocm];
  if (parsed.format === "text") return NOT_MODELLED;
  if (parsed.command === "version") return printed(version(state));
  const outside =
    caller === "user" && state.operatorGroups === "none" ? release.withoutGroups : "nothing-said";
  if (parsed.command === "set") return set(state, parsed, caller, answer, outside);
  if (outside === "error" && parsed.command === "list") {
    return printed(`${GROUPS_WARNING}\n${list(state, parsed, "masked")}`);
  }
  if (outside === "error") return GROUPS_ERROR;
  const before = warningOf(outside);
  switch (parsed.command) {
    case "list":
      return printed(before + list(state, parsed, "shown"));
    case "static":
      return printed(before + staticInformation(state, parsed));
    case "metric":
      return printed(before + metric(state, parsed));
    case "process":
      return printed(before + processes(state, parsed, caller));
    case "partition":
      return printed(before + partition(state, parsed, caller));
    case "reset":
      return after(before, reset(state, parsed, caller, answer));
  }
}

function set(
  state: NodeState,
  parsed: ParsedArguments,
  caller: Caller,
  answer: string | undefined,
  outside: Release["withoutGroups"],
): Outcome {
  const release = RELEASES[state.rocm];
  const compute = parsed.options.get("--compute-partition");
  const memory = parsed.options.get("--memory-partition");
  const allocation = parsed.options.get("--compute-partition-mem-alloc-mode");
  // The right to -C is looked at while the arguments are read, before the groups are.
  if (compute !== undefined) return setComputeMode(state, parsed, compute, caller);
  if (memory !== undefined && outside === "error") return GROUPS_ERROR;
  if (memory !== undefined) {
    const before = warningOf(outside);
    return after(before, setMemoryMode(state, parsed, memory, caller, answer));
  }
  if (allocation !== undefined) return setAllocationMode(state, parsed, allocation, caller);
  if (parsed.gpuOption === "absent") return refuse(release, { is: "target-needed", argv: parsed.argv });
  return {
    stdout: "",
    stderr: "ValueError: No GPU, CPU, or CORE arguments provided, specific arguments are needed\n",
    code: 1,
  };
}

const after = (before: string, outcome: Outcome): Outcome => ({
  ...outcome,
  stdout: `${before}${outcome.stdout}`,
});

const warningOf = (outside: Release["withoutGroups"]): string =>
  outside === "warning" ? `${GROUPS_WARNING}\n` : outside === "device-nodes" ? NO_DEVICE_NODES : "";

const GROUPS_ERROR: Outcome = { stdout: "", stderr: `RuntimeError: ${GROUPS_WARNING}\n`, code: 1 };

/** Plain text tables change with every release and nobody here reads them: better no answer than an invented one. */
const NOT_MODELLED: Outcome = { stdout: "", stderr: "fake amd-smi: only --json is modelled\n", code: 70 };

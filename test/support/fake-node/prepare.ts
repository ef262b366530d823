import { runAmdSmi } from "./amd-smi/run.ts";
import type { NodeState } from "./state.ts";

/** What monitoring and detection usually ask for; `preparedCommands` of a host adds to it. */
export const USUAL_COMMANDS: readonly string[] = [
  "version --json",
  "list --json",
  "list -e --json",
  "static --partition --json",
  "static --asic --partition --json",
  "static --asic --driver --partition --json",
  "static --asic --vram --partition --json",
  "static --asic --vram --driver --limit --numa --partition --json",
  "partition --json",
  "partition -c -m --json",
  "partition -c -m -a --json",
  "partition --current --memory --json",
  "partition --current --memory --accelerator --json",
  "process --json",
  "metric --mem-usage --json",
];

/** Name of a file → its content. */
export type PreparedOutputs = ReadonlyMap<string, string>;

/**
 * The answers to these commands as files: "<caller>/<arguments>" holds stdout of a success; where there is more to say,
 * `.out`, `.err` and `.code` beside it say it. Nothing, while every call changes something.
 */
export function prepareOutputs(state: NodeState, commands: readonly string[]): PreparedOutputs {
  const outputs = new Map<string, string>();
  if (state.pendingReads !== null || state.faults.some((fault) => fault.on === "read")) return outputs;
  for (const caller of ["root", "user"] as const) {
    for (const command of new Set(commands)) {
      const { stdout, stderr, code } = runAmdSmi(state, command.split(" "), caller);
      const name = `${caller}/${command}`;
      if (stderr === "" && code === 0) outputs.set(name, stdout);
      else outputs.set(`${name}.out`, stdout).set(`${name}.err`, stderr).set(`${name}.code`, `${code}\n`);
    }
  }
  return outputs;
}

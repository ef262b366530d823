import type { NodeState } from "../state.ts";
import { loadDriver, removeDriver } from "../transitions.ts";
import { RELEASES } from "../versions.ts";
import type { ParsedArguments } from "./arguments.ts";
import { PROGRESS, RELOAD_BANNER } from "./banners.ts";
import { raise, refuse } from "./errors.ts";
import type { Caller, Outcome } from "./outcome.ts";
import { ask } from "./question.ts";
import { done, failed, noRows, printRows, withRow } from "./rows.ts";

/** `reset`: reloads the driver (7.0, 7.1), or says that nothing can be reset (6.2). */
export function reset(
  state: NodeState,
  parsed: ParsedArguments,
  caller: Caller,
  answer: string | undefined,
): Outcome {
  const release = RELEASES[state.rocm];
  if (parsed.options.has("--reload-driver")) {
    return ask(release, RELOAD_BANNER, answer, () => reload(state, parsed, caller));
  }
  if (parsed.options.size === 0) return refuse(release, { is: "target-needed", argv: parsed.argv });
  let rows = noRows(release);
  for (const device of parsed.devices) {
    for (const option of parsed.options.keys()) {
      const key = option === "--memory-partition" ? "reset_memory_partition" : "reset_compute_partition";
      rows = withRow(rows, device, key, "N/A");
    }
  }
  return done(rows, state);
}

/** The devices listed are those from before the reload. */
function reload(state: NodeState, parsed: ParsedArguments, caller: Caller): Outcome {
  let rows = noRows(RELEASES[state.rocm]);
  if (caller !== "root") {
    const stderr = raise("AMDSMI_STATUS_NO_PERM", "PermissionError", "Command requires elevation");
    return failed(rows, state, stderr);
  }
  const removed = removeDriver(state);
  const loaded = removed.status === "AMDSMI_STATUS_SUCCESS" ? loadDriver(removed.state) : removed;
  if (loaded.status === "hang") return { ...failed(rows, loaded.state, ""), hangs: true };
  const sentence =
    loaded.status === "AMDSMI_STATUS_SUCCESS"
      ? "Successfully reloaded driver"
      : "[AMDSMI_STATUS_AMDGPU_RESTART_ERR] Unable to successfully restart driver";
  for (const device of parsed.devices) rows = withRow(rows, device, "reload_driver", sentence);
  const bar = `\nReloading driver for all AMD GPUs: \n${PROGRESS}\n\n`;
  return { ...done(rows, loaded.state), stdout: `${bar}${printRows(rows)}` };
}

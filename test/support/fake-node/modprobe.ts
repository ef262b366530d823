import type { Caller, Outcome } from "./amd-smi/outcome.ts";
import { printed } from "./amd-smi/outcome.ts";
import { driverUsers, type NodeState } from "./state.ts";
import { loadDriver, removeDriver } from "./transitions.ts";

/** modprobe, rmmod and lsmod, as far as amdgpu goes; other modules come and go without a word. */
export function runModprobe(
  state: NodeState,
  tool: string,
  argv: readonly string[],
  caller: Caller,
): Outcome {
  if (tool === "lsmod") return printed(lsmod(state));
  const removes = tool === "rmmod" || argv.includes("-r") || argv.includes("--remove");
  if (!argv.some((word) => word === "amdgpu")) return printed("");
  if (caller !== "root") {
    return refused(
      removes
        ? `${tool}: ERROR: ../libkmod/libkmod-module.c:799 kmod_module_remove_module() could not remove 'amdgpu': Operation not permitted`
        : `${tool}: ERROR: could not insert 'amdgpu': Operation not permitted`,
    );
  }
  return removes ? remove(state, tool) : insert(state, tool);
}

function remove(before: NodeState, tool: string): Outcome {
  const { status, state } = removeDriver(before);
  if (status === "hang") return { ...printed("", state), hangs: true };
  if (status === "AMDSMI_STATUS_SUCCESS") return printed("", state);
  const message = tool === "rmmod" ? "ERROR: Module amdgpu is in use" : "FATAL: Module amdgpu is in use.";
  return { ...refused(`${tool}: ${message}`), state };
}

function insert(before: NodeState, tool: string): Outcome {
  const { status, state } = loadDriver(before);
  if (status === "hang") return { ...printed("", state), hangs: true };
  if (status === "AMDSMI_STATUS_SUCCESS") return printed("", state);
  return { ...refused(`${tool}: ERROR: could not insert 'amdgpu': No such device`), state };
}

const refused = (message: string): Outcome => ({ stdout: "", stderr: `${message}\n`, code: 1 });

const lsmod = (state: NodeState): string => {
  const users = driverUsers(state);
  const row = state.driver === "loaded" ? `amdgpu              19677184  ${users}\n` : "";
  return `Module                  Size  Used by\n${row}`;
};

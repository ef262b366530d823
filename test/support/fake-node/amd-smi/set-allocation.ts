import type { NodeState } from "../state.ts";
import { setAllocation } from "../transitions.ts";
import { RELEASES } from "../versions.ts";
import type { ParsedArguments } from "./arguments.ts";
import { raise, refuse } from "./errors.ts";
import type { Caller, Outcome } from "./outcome.ts";
import { done, failed, noRows, withRow } from "./rows.ts";

const KEY = "compute_partition_mem_alloc_mode";

/** `set --compute-partition-mem-alloc-mode`: whether a partition may use more than its share of the memory domain. */
export function setAllocationMode(
  state: NodeState,
  parsed: ParsedArguments,
  value: string,
  caller: Caller,
): Outcome {
  const release = RELEASES[state.rocm];
  const typed = value.toUpperCase();
  const mode = (["CAPPING", "ALL"] as const).find((one) => one === typed);
  if (mode === undefined) return refuse(release, { is: "bad-value", command: "set", value });
  if (caller !== "root") return refuse(release, { is: "permission", parameter: "set" });
  let rows = noRows(release);
  let now = state;
  for (const device of parsed.devices) {
    const { status, state: after } = setAllocation(now, device.gpu, device.partition, mode);
    now = after;
    const target = `compute partition memory allocation mode to ${mode}`;
    if (status === "AMDSMI_STATUS_SUCCESS") rows = withRow(rows, device, KEY, `Successfully set ${target}`);
    else if (status === "AMDSMI_STATUS_NOT_SUPPORTED")
      rows = withRow(rows, device, KEY, `[${status}] Unable to set ${target}`);
    else if (status !== "hang") {
      return failed(
        rows,
        now,
        raise(status, "ValueError", `Unable to set ${target} on GPU ID: ${device.index} BDF:${device.bdf}`),
      );
    }
  }
  return done(rows, now);
}

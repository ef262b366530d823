import type { Caller, Outcome } from "./amd-smi/outcome.ts";
import { printed } from "./amd-smi/outcome.ts";
import type { NodeState } from "./state.ts";
import { setService, takeFault } from "./transitions.ts";

const FIRST_SERVICE_PID = 3000;

/** systemctl is-active, start, stop and restart over the host's list of services. */
export function runSystemctl(state: NodeState, argv: readonly string[], caller: Caller): Outcome {
  const [verb = "", ...names] = argv.filter((word) => !word.startsWith("-"));
  const units = names.map((name) => name.replace(/\.service$/, ""));
  switch (verb) {
    case "is-active":
      return isActive(state, units, argv.includes("--quiet") || argv.includes("-q") ? "silent" : "words");
    case "start":
    case "stop":
    case "restart":
      return change(state, verb, units, caller);
    default:
      return failure(`Unknown command verb '${verb}'.`, 1);
  }
}

/** 0 as soon as one of them is active; 4 = none of them is known. */
function isActive(state: NodeState, units: readonly string[], answer: "silent" | "words"): Outcome {
  const found = units.map((unit) => state.services.find((service) => service.name === unit));
  const words = found.map((service) => (service?.active ? "active\n" : "inactive\n"));
  const code = found.some((service) => service?.active) ? 0 : found.some(Boolean) ? 3 : 4;
  return { stdout: answer === "silent" ? "" : words.join(""), stderr: "", code };
}

function change(
  state: NodeState,
  verb: "start" | "stop" | "restart",
  units: readonly string[],
  caller: Caller,
): Outcome {
  let now = state;
  for (const unit of units) {
    if (caller !== "root")
      return failure(`Failed to ${verb} ${unit}.service: Interactive authentication required.`, 1);
    const { fault, state: left } = takeFault(now, verb === "stop" ? "service-stop" : "service-start");
    now = left;
    if (fault?.does === "hang") return { ...printed("", now), hangs: true };
    if (fault) return { ...failure(jobFailed(unit), 1), state: now };
    for (const to of verb === "stop" ? STOP : verb === "start" ? START : [...STOP, ...START]) {
      const pid = Math.max(FIRST_SERVICE_PID, ...now.processes.map((process) => process.pid)) + 1;
      const next = setService(now, unit, to, pid);
      if (!next) {
        const problem =
          verb === "stop" ? `Unit ${unit}.service not loaded.` : `Unit ${unit}.service not found.`;
        return { ...failure(`Failed to ${verb} ${unit}.service: ${problem}`, 5), state: now };
      }
      now = next;
    }
  }
  return printed("", now);
}

const jobFailed = (unit: string): string =>
  `Job for ${unit}.service failed because the control process exited with error code.\nSee "systemctl status ${unit}.service" and "journalctl -xeu ${unit}.service" for details.`;

const STOP = ["inactive"] as const;
const START = ["active"] as const;

const failure = (message: string, code: number): Outcome => ({ stdout: "", stderr: `${message}\n`, code });

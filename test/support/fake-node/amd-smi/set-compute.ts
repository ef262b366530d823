import type { ComputeMode } from "../accelerators.ts";
import { profilesOf } from "../devices.ts";
import type { NodeState } from "../state.ts";
import { STATUSES, type StatusName } from "../status.ts";
import { setCompute, type Transition } from "../transitions.ts";
import { RELEASES } from "../versions.ts";
import type { ParsedArguments } from "./arguments.ts";
import { raise, raiseUnnamed, refuse } from "./errors.ts";
import type { Caller, Outcome } from "./outcome.ts";
import { done, failed, noRows, withRow } from "./rows.ts";
import { usageError } from "./usage.ts";

const NAMES: readonly ComputeMode[] = ["CPX", "SPX", "DPX", "TPX", "QPX"];

interface Wanted {
  readonly mode: ComputeMode;
  /** As sentences name it: with the index of its profile, where the release knows profiles. */
  readonly title: string;
}

/** `set -C`: device after device, until one fails in a way that is raised. */
export function setComputeMode(
  state: NodeState,
  parsed: ParsedArguments,
  value: string,
  caller: Caller,
): Outcome {
  const release = RELEASES[state.rocm];
  const wanted = wantedMode(state, parsed, value, caller);
  if ("code" in wanted) return wanted;
  const kind = release.set.computeKey === "computepartition" ? "compute" : "accelerator";
  let rows = noRows(release);
  let now = state;
  const refused: StatusName[] = [];
  for (const device of parsed.devices) {
    const where = `GPU ID: ${device.index} BDF:${device.bdf}`;
    if (caller !== "root") {
      const stderr = raise("AMDSMI_STATUS_NO_PERM", "PermissionError", "Command requires elevation");
      return failed(rows, now, stderr);
    }
    const result = setCompute(now, device.gpu, device.partition, wanted.mode);
    now = result.state;
    if (release.set.refusal === "row" && isRefusal(result.status)) {
      refused.push(result.status);
      const text = `[${result.status}] Unable to set ${kind} partition to ${wanted.title}`;
      const more = result.status === "AMDSMI_STATUS_SETTING_UNAVAILABLE" ? UNAVAILABLE : "";
      rows = withRow(rows, device, release.set.computeKey, `${text}${more}`);
      continue;
    }
    const sentence = `Unable to set ${kind} partition to ${value.toUpperCase()} on ${where}`;
    switch (result.status) {
      case "hang":
        return { ...failed(rows, now, ""), hangs: true };
      case "AMDSMI_STATUS_SUCCESS":
        rows = withRow(
          rows,
          device,
          release.set.computeKey,
          `Successfully set ${kind} partition to ${wanted.title}`,
        );
        break;
      case "AMDSMI_STATUS_NOT_SUPPORTED":
        if (release.set.notSupported === "raised") {
          return failed(rows, now, raise(result.status, "ValueError", sentence));
        }
        rows = withRow(
          rows,
          device,
          release.set.computeKey,
          `[${result.status}] ${release.set.notSupported} compute partition to ${wanted.title}`,
        );
        break;
      case "AMDSMI_STATUS_SETTING_UNAVAILABLE": {
        if (release.set.computeValues === "names") {
          return failed(rows, now, raiseUnnamed(STATUSES[result.status].number, sentence));
        }
        const stderr = raise(result.status, "ValueError", `[${result.status}] ${sentence}`);
        return failed(rows, now, stderr, advice(wanted.title, where));
      }
      default:
        return failed(rows, now, raise(result.status, "ValueError", sentence));
    }
  }
  return done(rows, now, refused);
}

const isRefusal = (status: Transition["status"]): status is StatusName =>
  status !== "hang" && status !== "AMDSMI_STATUS_SUCCESS";

/** Two lines behind the sentence of a row. */
const UNAVAILABLE = [
  "",
  "Please check amd-smi partition --memory --accelerator for available profiles.",
  "Users may need to switch memory partition to another mode in order to enable the desired accelerator partition.",
].join("\n");

function wantedMode(
  state: NodeState,
  parsed: ParsedArguments,
  value: string,
  caller: Caller,
): Wanted | Outcome {
  const release = RELEASES[state.rocm];
  const typed = value.toUpperCase();
  if (release.set.computeValues === "names") {
    const mode = NAMES.find((name) => name === typed);
    if (mode !== undefined) return { mode, title: mode };
    const choices = NAMES.map((name) => `'${name}'`).join(", ");
    return usageError(
      "set",
      `argument -C/--compute-partition: invalid choice: '${value}' (choose from ${choices})`,
    );
  }
  if (caller !== "root") {
    const is = release.set.computeRight === "permission" ? "permission" : "not-supported";
    return refuse(release, { is, parameter: "--compute-partition" });
  }
  // The parser is made before any GPU is named: its values are those of one of them.
  const first = release.set.computeValues === "offered-by-first" ? 0 : (parsed.devices[0]?.gpu ?? 0);
  const profiles = profilesOf(state, first);
  const index = profiles.findIndex(
    (profile, position) => profile.mode === typed || String(position) === typed,
  );
  const profile = profiles[index];
  if (profile !== undefined) return { mode: profile.mode, title: `${profile.mode} (profile #${index})` };
  const offered = [...profiles.map((one) => one.mode), ...profiles.map((_, position) => String(position))];
  const asList = release.set.computeValues !== "offered-text" && offered.length > 0;
  const valid = offered.length === 0 ? "N/A" : offered.join(", ");
  return refuse(release, {
    is: "bad-value",
    command: parsed.command,
    value,
    valid: asList ? `[${offered.map((one) => `'${one}'`).join(", ")}]` : valid,
  });
}

const advice = (title: string, where: string): string =>
  [
    "",
    `Attempted to set accelerator partition to ${title} on ${where}`,
    "",
    "[AMDSMI_STATUS_SETTING_UNAVAILABLE] Please check amd-smi partition --memory --accelerator for available profiles.",
    "Users may need to switch memory partition to another mode in order to enable the desired accelerator partition.",
    "",
    "",
  ].join("\n");

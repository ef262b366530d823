import type { MemoryMode } from "../accelerators.ts";
import type { Device } from "../devices.ts";
import { acceleratorOf } from "../devices.ts";
import type { NodeState } from "../state.ts";
import { STATUSES, type StatusName } from "../status.ts";
import { loadDriver, removeDriver, stageMemory, type Transition } from "../transitions.ts";
import { RELEASES } from "../versions.ts";
import type { ParsedArguments } from "./arguments.ts";
import { MEMORY_BANNERS, PROGRESS } from "./banners.ts";
import { raise, raiseUnnamed, refuse } from "./errors.ts";
import type { Caller, Outcome } from "./outcome.ts";
import { ask } from "./question.ts";
import { done, failed, noRows, printRows, type Rows, withRow } from "./rows.ts";
import { usageError } from "./usage.ts";

const MODES: readonly MemoryMode[] = ["NPS1", "NPS2", "NPS4", "NPS8"];

/** `set -M`: asks first from 6.3 on; reloads the driver itself up to 6.4, only stages from 7.0 on. */
export function setMemoryMode(
  state: NodeState,
  parsed: ParsedArguments,
  value: string,
  caller: Caller,
  answer: string | undefined,
): Outcome {
  const release = RELEASES[state.rocm];
  const mode = MODES.find((one) => one === value.toUpperCase());
  if (mode === undefined) {
    const choices = MODES.map((name) => `'${name}'`).join(", ");
    return release.set.computeValues === "names"
      ? usageError(
          "set",
          `argument -M/--memory-partition: invalid choice: '${value}' (choose from ${choices})`,
        )
      : refuse(release, { is: "bad-value", command: "set", value });
  }
  if (release.set.memory === "set-and-reload") return setAndReload(state, parsed, mode, caller);
  return ask(release, MEMORY_BANNERS[release.set.memoryBanner], answer, () =>
    release.set.memory === "ask-and-stage"
      ? stage(state, parsed, mode, caller)
      : askedSetAndReload(state, parsed, mode, caller),
  );
}

/** 6.2: every refusal is raised. */
function setAndReload(state: NodeState, parsed: ParsedArguments, mode: MemoryMode, caller: Caller): Outcome {
  let rows = noRows(RELEASES[state.rocm]);
  let now = state;
  for (const device of parsed.devices) {
    if (caller !== "root") return failed(rows, now, NO_RIGHT);
    const { status, state: after } = withReload(now, device, mode);
    now = after;
    const sentence = `Unable to set memory partition to ${mode} on GPU ID: ${device.index} BDF:${device.bdf}`;
    if (status === "hang") return { ...failed(rows, now, ""), hangs: true };
    if (status === "AMDSMI_STATUS_AMDGPU_RESTART_ERR") {
      return failed(rows, now, raiseUnnamed(STATUSES[status].number, sentence));
    }
    if (status !== "AMDSMI_STATUS_SUCCESS") return failed(rows, now, raise(status, "ValueError", sentence));
    rows = withRow(rows, device, rows.release.set.memoryKey, `Successfully set memory partition to ${mode}`);
  }
  return done(rows, now);
}

/** 6.4: a progress bar while the driver reloads; refusals are rows. */
function askedSetAndReload(
  state: NodeState,
  parsed: ParsedArguments,
  mode: MemoryMode,
  caller: Caller,
): Outcome {
  let rows = noRows(RELEASES[state.rocm]);
  let now = state;
  let stdout = "";
  for (const device of parsed.devices) {
    const offered = acceleratorOf(now, device.gpu).memoryModes;
    const draws = device.partition === 0 && offered.includes(mode) && now.memory !== mode;
    if (draws) stdout += `\nUpdating memory partition for GPU: ${device.index} \n${PROGRESS}`;
    if (caller !== "root") return { ...failed(rows, now, NO_RIGHT), stdout };
    const { status, state: after } = withReload(now, device, mode);
    now = after;
    if (status === "hang") return { ...failed(rows, now, ""), stdout, hangs: true };
    if (status === "AMDSMI_STATUS_INVAL") stdout += `Valid Memory partition Modes: ${offered.join(",")}\n`;
    rows = withRow(
      rows,
      device,
      rows.release.set.memoryKey,
      sentenceOf[status]?.(mode) ?? `[${status}] Unable to set memory partition to ${mode}`,
    );
  }
  return { ...done(rows, now), stdout: `${stdout}\n${printRows(rows)}` };
}

const sentenceOf: Readonly<Record<string, (mode: MemoryMode) => string>> = {
  AMDSMI_STATUS_SUCCESS: (mode) => `Successfully set memory partition to ${mode}`,
  AMDSMI_STATUS_NOT_SUPPORTED: (mode) =>
    `[AMDSMI_STATUS_NOT_SUPPORTED] Device does not support setting memory partition to ${mode}`,
  AMDSMI_STATUS_AMDGPU_RESTART_ERR: (mode) =>
    `[AMDSMI_STATUS_AMDGPU_RESTART_ERR] Could not successfully restart driver after applying ${mode}`,
};

/** 7.0 and later: the library only writes the request down. */
function stage(state: NodeState, parsed: ParsedArguments, mode: MemoryMode, caller: Caller): Outcome {
  const release = RELEASES[state.rocm];
  const key = release.set.memoryKey;
  let rows = noRows(release);
  let now = state;
  let remarks = "\n";
  const refused: StatusName[] = [];
  for (const device of parsed.devices) {
    if (caller !== "root" && release.errors === "typed")
      return { ...refuse(release, { is: "permission", parameter: "set" }), state };
    if (caller !== "root") {
      rows = withRow(rows, device, key, "[AMDSMI_STATUS_NO_PERM] Command requires elevation");
      return refusedStage(rows, now);
    }
    const { status, state: after } = stageMemory(now, device.gpu, device.partition, mode);
    now = after;
    if (status === "hang") return { ...failed(rows, now, ""), hangs: true };
    if (status === "AMDSMI_STATUS_INVAL") {
      remarks += `Valid Memory partition Modes: ${acceleratorOf(now, device.gpu).memoryModes.join(",")}\n\n`;
    }
    const sentence =
      status === "AMDSMI_STATUS_SUCCESS"
        ? `Successfully set memory partition to ${mode}, ${release.set.staged}`
        : `[${status}] Unable to set memory partition to ${mode}`;
    if (status !== "AMDSMI_STATUS_SUCCESS") refused.push(status);
    rows = withRow(rows, device, key, sentence);
  }
  return { ...done(rows, now, refused), stdout: `${remarks}${printRows(rows)}` };
}

function refusedStage(rows: Rows, state: NodeState): Outcome {
  const printed = `\n${printRows(rows)}`;
  if (rows.release.errors !== "exception-on-stdout")
    return { ...failed(rows, state, NO_RIGHT), stdout: printed };
  const refusal = refuse(rows.release, { is: "permission", parameter: "set" });
  return { ...refusal, stdout: `${printed}${refusal.stdout}`, state };
}

const NO_RIGHT = raise("AMDSMI_STATUS_NO_PERM", "PermissionError", "Command requires elevation");

/** Reloads only for a change. A request whose reload fails stays requested: the next load applies it. */
function withReload(state: NodeState, device: Device, mode: MemoryMode): Transition {
  const staged = stageMemory(state, device.gpu, device.partition, mode);
  if (staged.status !== "AMDSMI_STATUS_SUCCESS" || staged.state.staged !== mode) return staged;
  const removed = removeDriver(staged.state);
  if (removed.status !== "AMDSMI_STATUS_SUCCESS") {
    return { status: "AMDSMI_STATUS_AMDGPU_RESTART_ERR", state: removed.state };
  }
  const loaded = loadDriver(removed.state);
  return loaded.status === "AMDSMI_STATUS_SUCCESS"
    ? loaded
    : { status: "AMDSMI_STATUS_AMDGPU_RESTART_ERR", state: loaded.state };
}

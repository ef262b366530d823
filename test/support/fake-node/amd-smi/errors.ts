import type { Release } from "../release.ts";
import type { StatusName } from "../status.ts";
import { STATUSES } from "../status.ts";
import type { Outcome } from "./outcome.ts";
import { typedError } from "./typed-errors.ts";

/** A refusal by the command line itself; codes are the same in all releases. */
export type CliError =
  | { readonly is: "unknown-command"; readonly command: string }
  | { readonly is: "unknown-parameter"; readonly command: string; readonly parameter: string }
  | { readonly is: "unknown-device"; readonly device: string }
  | { readonly is: "bad-value"; readonly command: string; readonly value: string; readonly valid?: string }
  | { readonly is: "target-needed"; readonly argv: readonly string[] }
  | { readonly is: "not-supported"; readonly parameter: string }
  | { readonly is: "permission"; readonly parameter: string };

interface Wording {
  readonly exception: string;
  readonly code: number;
  readonly text: string;
  /** Command line after which `-h` explains more, in releases that say so. */
  readonly help?: string;
}

function wordingOf(release: Release, error: CliError): Wording {
  switch (error.is) {
    case "unknown-command":
      return release.errors === "json"
        ? { exception: "", code: -1, text: `Command '${error.command}' is invalid.`, help: "" }
        : {
            exception: "AmdSmiInvalidSubcommandException",
            code: -10,
            text: `AMD-SMI Command '${error.command}' is invalid. Must receive valid AMD-SMI Command first.`,
            help: "",
          };
    case "unknown-parameter":
      return {
        exception: "AmdSmiInvalidParameterException",
        code: -2,
        text: `Parameter '${error.parameter}' is invalid.`,
        help: `${error.command} `,
      };
    case "unknown-device":
      return {
        exception: "AmdSmiDeviceNotFoundException",
        code: -3,
        text: `Can not find a device: GPU '${error.device}'`,
      };
    case "bad-value":
      return {
        exception: "AmdSmiInvalidParameterValueException",
        code: -5,
        text: `Value '${error.value}' is not of valid type or format.`,
        help: `${error.command} `,
      };
    case "target-needed":
      return {
        exception: "AmdSmiRequiredCommandException",
        code: -9,
        text: `Command '${error.argv.join(" ")}' requires a target argument.`,
        help: `${error.argv.join(" ")} `,
      };
    case "not-supported":
      return {
        exception: "AmdSmiCommandNotSupportedException",
        code: -7,
        text: `Command '${error.parameter}' is not supported on the system.`,
        help: "",
      };
    case "permission":
      return {
        exception: "AmdSmiPermissionDeniedException",
        code: -11,
        text: `AMD-SMI Command '${error.parameter}' requires elevation (sudo privileges required)`,
      };
  }
}

/** The same refusal in the way of this release: JSON or text, stdout or stderr, exit 0 or not. */
export function refuse(release: Release, error: CliError): Outcome {
  const { exception, code, text, help } = wordingOf(release, error);
  const raises = release.errors !== "json" && release.errors !== "json-and-text";
  const advice =
    help === undefined
      ? ""
      : raises
        ? ` Run 'amd-smi ${help}-h' for more info.`
        : " Run '--help' for more info.";
  const plain = error.is === "unknown-command" && release.errors !== "json";
  const body = plain
    ? `${text}${advice} Error code: ${code}`
    : `{"error": ${JSON.stringify(text + advice)}, "code": ${code}}`;
  const before =
    error.is === "bad-value" && error.valid !== undefined ? `Valid inputs are ${error.valid}\n` : "";
  if (release.errors === "typed") return typedError(error, `${text}${advice}`, before);
  const raised = `amdsmi_cli_exceptions.${exception}: ${body}\n`;
  if (release.errors === "exception-on-stdout") return { stdout: before + raised, stderr: "", code: -code };
  // These releases print, rather than raise, a missing target.
  if (release.errors === "exception-on-stderr" && error.is !== "target-needed") {
    return { stdout: before, stderr: raised, code: 1 };
  }
  return { stdout: `${before}${body}\n`, stderr: "", code: 0 };
}

/** A status of the library that the command line did not handle: two chained exceptions of Python, without traceback. */
export function raise(
  status: StatusName,
  exception: "ValueError" | "PermissionError",
  sentence: string,
): string {
  const { number, text } = STATUSES[status];
  return [
    "amdsmi.amdsmi_exception.AmdSmiLibraryException: Error code:",
    `\t${number} | ${status} - ${text}`,
    "",
    "The above exception was the direct cause of the following exception:",
    "",
    `${exception}: ${sentence}`,
    "",
  ].join("\n");
}

/** Library 24.6 has no names for the newer numbers. */
export const raiseUnnamed = (number: number, sentence: string): string =>
  raise("AMDSMI_STATUS_UNKNOWN_ERROR", "ValueError", sentence).replace(
    String(STATUSES.AMDSMI_STATUS_UNKNOWN_ERROR.number),
    String(number),
  );

export const GROUPS_WARNING =
  "WARNING: User is missing the following required groups: render, video. Please add user to these groups.";

/** ROCm 10: a line for each device file that the caller may not open, before the JSON. */
export const NO_DEVICE_NODES = ["/dev/kfd", "/dev/dri/renderD128"]
  .map((file) => `Permission needed to access required GPU device node(s): ${file}\n`)
  .join("");

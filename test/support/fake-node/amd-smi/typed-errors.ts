import { STATUSES } from "../status.ts";
import type { CliError } from "./errors.ts";
import type { Outcome } from "./outcome.ts";

/** Codes of ROCm 10.2 for what the command line refuses; its exit status is the same number. */
const TYPES: Readonly<Record<CliError["is"], readonly [number, string]>> = {
  "unknown-command": [203, "INVALID_SUBCOMMAND"],
  "unknown-parameter": [195, "INVALID_PARAMETER"],
  "unknown-device": [196, "DEVICE_NOT_FOUND"],
  "bad-value": [198, "INVALID_PARAMETER_VALUE"],
  "target-needed": [202, "REQUIRED_COMMAND"],
  "not-supported": [200, "COMMAND_NOT_SUPPORTED"],
  permission: [STATUSES.AMDSMI_STATUS_NO_PERM.number, "AMDSMI_STATUS_NO_PERM"],
};

/** One line, without the name of a class before it. What the library refused begins with its status. */
export function typedError(error: CliError, sentence: string, before: string): Outcome {
  const [code, type] = TYPES[error.is];
  const text = type.startsWith("AMDSMI_STATUS_") ? `[${type}] ${sentence}` : sentence;
  return { stdout: `${before}${typedLine(text, code, type)}`, stderr: "", code };
}

export const typedLine = (error: string, code: number, type: string): string =>
  `{"error": ${JSON.stringify(error)}, "code": ${code}, "error_type": "${type}"}\n`;

/** Declined, or the end of stdin at a question. */
export const NOT_CONFIRMED_CODE = 207;
/** GPUs that refused for different reasons. */
const SEVERAL = 204;

/** The exit status of a command with these statuses of the library. */
export function exitStatusOf(statuses: readonly (keyof typeof STATUSES)[]): number {
  const [first, ...others] = new Set(statuses);
  return first === undefined ? 0 : others.length > 0 ? SEVERAL : STATUSES[first].number;
}

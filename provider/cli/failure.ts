import { CommanderError } from "commander";

import { ArgumentError } from "../argument-errors.ts";
import { AmdGpuError, ConnectionSettingsError } from "../errors.ts";
import { plainText } from "../plain-text.ts";
import { UsageError } from "./usage-error.ts";

/** One line for a person. A fault of this package says that it is one. */
export function sentenceOf(error: unknown): string {
  const { message } = error as Error;
  const isExpected =
    error instanceof AmdGpuError || error instanceof UsageError || error instanceof CommanderError;
  const text = message.replace(/^error: /, "");
  return `pulumi-amd-gpu: ${plainText(isExpected ? text : `internal error, please report it: ${text}`)}\n`;
}

export const statusOf = (error: unknown): 1 | 2 =>
  error instanceof CommanderError ||
  error instanceof UsageError ||
  error instanceof ArgumentError ||
  error instanceof ConnectionSettingsError
    ? 2
    : 1;

#!/usr/bin/env node
import { readFileSync } from "node:fs";

import { runCommand } from "./run-command.ts";
import { processTerminal } from "./terminal.ts";

/* The command of the package: `npx pulumi-amd-gpu`. */

const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as {
  readonly version: string;
};

process.exitCode = await runCommand(process.argv.slice(2), version, processTerminal());

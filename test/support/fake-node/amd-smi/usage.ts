import type { Outcome } from "./outcome.ts";

/** argparse's own refusals, which only library 24.6 lets through. */
const USAGE = {
  set: [
    "usage: amd-smi set [-h] -g GPU [GPU ...] [-f %] [-l LEVEL] [-P SETPROFILE] [-d SCLKMAX]",
    "                   [-C PARTITION] [-M PARTITION] [-o WATTS] [-p POLICY_ID] [-x POLICY_ID]",
    "                   [-R STATUS] [--json | --csv] [--file FILE] [--loglevel LEVEL]",
  ],
  reset: [
    "usage: amd-smi reset [-h] [--json | --csv] [--file FILE] [--loglevel LEVEL] -g GPU",
    "                     [GPU ...] [-G] [-c] [-f] [-p] [-x] [-d] [-C] [-M] [-o] [-l]",
  ],
} as const;

export const usageError = (command: keyof typeof USAGE, problem: string): Outcome => ({
  stdout: "",
  stderr: [...USAGE[command], `amd-smi ${command}: error: ${problem}`, ""].join("\n"),
  code: 2,
});

import type { Release } from "../release.ts";

export const QUESTION = "Do you accept these terms? [Y/N] ";
export const NOT_CONFIRMED = "Confirmation not given. Exiting without setting value\n";
export const END_OF_FILE = "EOFError: EOF when reading a line\n";

/** What Python's `input` was answered counts as consent in these spellings only. */
export const isConsent = (answer: string): boolean => ["Yes", "yes", "y", "Y", "YES"].includes(answer);

/** The first frame of the bar; on hardware it goes on for up to 140 s. */
export const PROGRESS = `\r[${".".repeat(40)}] 0/140 secs remain\r`;

const WARNING = "          ****** WARNING ******";
const CAUTION = "          Please use this utility with caution.";

const RELOAD_BY_TOOL = [
  "",
  WARNING,
  "",
  "          Setting Dynamic Memory (NPS) partition modes require users to quit all GPU workloads.",
  "          AMD SMI will then attempt to change memory (NPS) partition mode.",
  "          Upon a successful set, AMD SMI will then initiate an action to restart AMD GPU driver.",
  "          This action will change all GPU's in the hive to the requested memory (NPS) partition mode.",
  "",
  CAUTION,
  "          ",
  "",
].join("\n");

const staged = (how: readonly string[], please: string, trailing: "" | " "): string =>
  [
    "",
    "            ******WARNING******",
    "",
    "            After changing memory (NPS) partition modes, users MUST restart",
    ...how,
    "",
    "            This change is intended to allow users the ability to control when is",
    "            the best time to restart the AMD GPU driver, as it may not be desired",
    "            to restart the AMD GPU driver immediately after changing the",
    "            memory (NPS) partition mode.",
    "",
    `            Please ${please} AFTER successfully`,
    `            changing the memory (NPS) partition mode. A successful driver reload${trailing}`,
    "            is REQUIRED in order to complete updating ALL GPUs in the hive to",
    "            the requested partition mode.",
    "",
    "            ******REMINDER******",
    "            In order to reload the AMD GPU driver, users MUST quit all GPU",
    "            workloads across all devices.",
    "            ",
    "",
  ].join("\n");

const BY_RESET = [
  "            (reload) the AMD GPU driver. This command NO LONGER AUTOMATICALLY",
  "            reloads the driver, see `amd-smi reset -h` and",
  "            `sudo amd-smi reset -r` for more information.",
];

const BY_MODPROBE = [
  "            (reload) the AMD GPU driver. Use modprobe to reload the driver:",
  "",
  "                sudo modprobe -r amdgpu",
  "                sudo modprobe amdgpu",
];

/** Printed before the question of `set -M`, on stdout. */
export const MEMORY_BANNERS: Readonly<Record<Release["set"]["memoryBanner"], string>> = {
  none: "",
  "reload-by-tool": RELOAD_BY_TOOL,
  "reload-by-reset": staged(BY_RESET, "use `sudo amd-smi reset -r`", " "),
  "reload-by-reset-trimmed": staged(BY_RESET, "use `sudo amd-smi reset -r`", ""),
  "reload-by-modprobe": staged(BY_MODPROBE, "reload the AMD GPU driver", ""),
};

/** Printed before the question of `reset -r`. */
export const RELOAD_BANNER = [
  "",
  WARNING,
  "",
  "          AMD SMI is about to initiate an AMD GPU driver restart (module reload).",
  "",
  "          Reloading the AMD GPU driver REQUIRES users to quit all GPU activity across all",
  "          devices.",
  "",
  "          If user is initiating a driver reload AFTER changing memory (NPS) partition",
  "          modes (`sudo amd-smi set -M <NPS_MODE>`), a AMD GPU driver reload is REQUIRED",
  "          to complete updating the partition mode. This change will effect ALL GPUs in",
  "          the hive. Advise using `amd-smi list -e` and `amd-smi partition -c -m`",
  "          afterwards to ensure changes were applied as expected.",
  "",
  CAUTION,
  "          ",
  "",
].join("\n");

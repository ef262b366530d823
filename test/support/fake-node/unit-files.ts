import { existsSync, mkdirSync, readdirSync, readFileSync, readlinkSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";

import type { Caller, Outcome } from "./amd-smi/outcome.ts";
import { printed } from "./amd-smi/outcome.ts";
import type { NodeState } from "./state.ts";

const UNITS = "/etc/systemd/system";

const VERBS = ["daemon-reload", "enable", "disable", "reenable", "is-enabled"] as const;
type Verb = (typeof VERBS)[number];

export const isUnitFileVerb = (verb: string | undefined): verb is Verb =>
  (VERBS as readonly (string | undefined)[]).includes(verb);

/** What systemctl does with the files of units on this host, where it runs. */
export function runUnitFiles(state: NodeState, argv: readonly string[], caller: Caller): Outcome {
  const [verb, name = ""] = argv.filter((word) => !word.startsWith("-"));
  if (verb === "is-enabled") return isEnabled(name);
  if (caller !== "root") return failed(`Failed to ${verb} unit: Interactive authentication required.`);
  if (verb === "daemon-reload") return printed("", state);
  if (!existsSync(join(UNITS, name)))
    return failed(`Failed to ${verb} unit: Unit file ${name} does not exist.`);
  if (verb !== "enable") for (const link of linksTo(name)) rmSync(link);
  if (verb !== "disable") link(name);
  return printed("", state);
}

function link(name: string): void {
  const targets = /^WantedBy=(.*)$/m.exec(readFileSync(join(UNITS, name), "utf8"))?.[1]?.split(" ") ?? [];
  for (const target of targets) {
    const wants = join(UNITS, `${target}.wants`);
    mkdirSync(wants, { recursive: true });
    if (!existsSync(join(wants, name))) symlinkSync(join(UNITS, name), join(wants, name));
  }
}

const linksTo = (name: string): readonly string[] =>
  readdirSync(UNITS)
    .filter((folder) => folder.endsWith(".wants"))
    .map((folder) => join(UNITS, folder, name))
    .filter((path) => isLink(path));

function isLink(path: string): boolean {
  try {
    readlinkSync(path);
    return true;
  } catch {
    return false;
  }
}

function isEnabled(name: string): Outcome {
  if (!existsSync(join(UNITS, name)))
    return failed(`Failed to get unit file state for ${name}: No such file or directory`);
  return linksTo(name).length > 0
    ? { stdout: "enabled\n", stderr: "", code: 0 }
    : { stdout: "disabled\n", stderr: "", code: 1 };
}

const failed = (message: string): Outcome => ({ stdout: "", stderr: `${message}\n`, code: 1 });

/** As systemd does at boot, for the units that multi-user.target wants: the condition, the command; an sh script for the host. */
export const BOOT_SCRIPT = `
for unit in ${UNITS}/multi-user.target.wants/*.service; do
  [ -r "$unit" ] || continue
  condition=$(sed -n 's/^ConditionPathExists=//p' "$unit")
  [ -z "$condition" ] || [ -e "$condition" ] || continue
  command=$(sed -n 's/^ExecStart=//p' "$unit")
  echo "\${unit##*/}: started"
  env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin sh -c "$command" 2>&1 </dev/null
  echo "\${unit##*/}: ended with $?"
done
`;

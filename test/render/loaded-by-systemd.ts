import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { temporaryDirectory } from "../support/temporary-directory.ts";

/** Without these units a manager in test mode does not begin. */
const TARGETS = ["sysinit.target", "basic.target", "shutdown.target"];

/** A test of units refuses root. */
const NOBODY = { uid: 65_534, gid: 65_534 };

/**
 * What systemd itself makes of a drop-in for llama.service: every setting in force, one a line, as it dumps them after loading
 * units without running any.
 *
 * @throws Error with what systemd complained of.
 */
export function loadedBySystemd(dropIn: string): string {
  const folder = temporaryDirectory("units");
  mkdirSync(join(folder, "llama.service.d"));
  writeFileSync(join(folder, "llama.service"), "[Service]\nExecStart=/bin/true\n");
  writeFileSync(join(folder, "llama.service.d/devices.conf"), dropIn);
  for (const target of TARGETS) writeFileSync(join(folder, target), "[Unit]\n");
  // All of its complaints about a file begin with the file's path; they go to where it dumps.
  const dump = execFileSync(
    "/bin/sh",
    ["-c", "exec /lib/systemd/systemd --test --system --unit=llama.service 2>&1"],
    {
      ...NOBODY,
      env: { SYSTEMD_UNIT_PATH: folder, SYSTEMD_LOG_TARGET: "console" },
      encoding: "utf8",
      timeout: 30_000,
      maxBuffer: 2 ** 26,
    },
  );
  const complaints = dump.split("\n").filter((line) => line.startsWith(folder));
  if (complaints.length > 0) throw new Error(complaints.join("\n"));
  return dump.slice(dump.indexOf("-> Unit llama.service:")).split("\n\t-> Unit ")[0] ?? "";
}

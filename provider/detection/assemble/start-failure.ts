import type { Bdf } from "../../topology/layout.ts";

/**
 * What amdgpu writes when it cannot start a GPU, as an extended regular expression for grep and for us. One to three lines for each
 * GPU and load, so that the kernel's log has few of them.
 *
 * @example
 * // amdgpu 0000:05:00.0: amdgpu: get invalid ip discovery binary signature
 * // [drm:amdgpu_device_ip_early_init [amdgpu]] *ERROR* early_init of IP block <psp> failed -22
 * // amdgpu 0000:05:00.0: amdgpu: Fatal error during GPU init
 * // amdgpu: probe of 0000:05:00.0 failed with error -22
 */
export const START_FAILED =
  "ip discovery binary|IP block <[^>]*> failed|atal error during GPU init|probe of [0-9a-f:.]* failed|probe with driver amdgpu failed";

const FAILED = new RegExp(START_FAILED);
/** The driver writes it each time it is loaded. */
const LOADED = "kernel modesetting enabled";
const TIME = /^\[\s*\d+\.\d+\]\s*/;
const LONGEST = 160;

/** The first line since the last load of the driver that says why this GPU did not start; undefined where the log has none. */
export function startFailureOf(gpu: Bdf, log: string): string | undefined {
  const lines = log.split("\n");
  const since = lines.slice(lines.findLastIndex((line) => line.includes(LOADED)) + 1);
  const failures = since.filter((line) => FAILED.test(line));
  const found = failures.find((line) => line.includes(gpu)) ?? failures.find((line) => !ADDRESS.test(line));
  return found?.replace(TIME, "").slice(0, LONGEST);
}

const ADDRESS = /[0-9a-f]{4}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-9a-f]/;

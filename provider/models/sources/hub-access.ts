import type { HubAccess } from "./hub.ts";

/** A header of a shard is a few hundred kB; what takes longer than this does not come. */
const REQUEST_TIMEOUT_MS = 30_000;

/**
 * The Hub as the user's environment names it, in the variables that the Hub's own tools read: `HF_TOKEN`, `HF_ENDPOINT`, and
 * `HF_HUB_OFFLINE=1`, with which it is not asked.
 */
export function hubAccess(environment: NodeJS.ProcessEnv): HubAccess | "off" {
  if (/^(?:1|true|yes|on)$/i.test(environment["HF_HUB_OFFLINE"] ?? "")) return "off";
  return {
    url: environment["HF_ENDPOINT"]?.replace(/\/+$/, "") || undefined,
    accessToken: environment["HF_TOKEN"]?.trim() || undefined,
    timeoutMs: REQUEST_TIMEOUT_MS,
  };
}

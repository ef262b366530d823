import { logOnce, type Send } from "../operations/operation/log.ts";
import type { World } from "../operations/operation/operation.ts";
import { realWorld } from "../operations/real-world.ts";
import type { ProviderConfig } from "../schema/provider-config.ts";

/** What the operations of a configured provider reach: its token of the Hub comes before that of the environment. */
export const configuredWorld = ({ hfToken }: ProviderConfig, send: Send): World =>
  realWorld({ ...process.env, ...(hfToken !== undefined && { HF_TOKEN: hfToken }) }, logOnce(send));

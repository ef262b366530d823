import type { Message } from "../message.ts";
import { type ProviderConfig, providerConfigSchema } from "../schema/provider-config.ts";
import { problemsOf } from "../schema/sentences.ts";
import type { Properties } from "../wire/handler.ts";
import { pluginMessages as say } from "./messages.ts";
import { hasUnknown } from "./values.ts";

/** Properties of the provider that are text; the engine sends every other one as JSON text, or as it is. */
const TEXTS: ReadonlySet<string> = new Set(["hfToken"]);

/** The engine's own, besides what the schema has. */
const ENGINES: ReadonlySet<string> = new Set(["version", "pluginDownloadURL", "pluginChecksums"]);

/** Properties of the provider that the engine keeps as secrets. */
export const SECRET_CONFIG: ReadonlySet<string> = new Set(["hosts", "connection", "hfToken"]);

export type ReadConfig =
  | { readonly state: "known"; readonly config: ProviderConfig }
  | { readonly state: "unknown" }
  | { readonly state: "wrong"; readonly failures: readonly Message[] };

/** The configuration as the engine sends it to CheckConfig and to Configure. */
export function readConfig(properties: Properties): ReadConfig {
  const given: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(properties)) {
    if (ENGINES.has(name)) continue;
    if (hasUnknown(value)) return { state: "unknown" };
    const parsed = typeof value === "string" && !TEXTS.has(name) ? fromText(value) : { value };
    if (parsed === undefined) return { state: "wrong", failures: [say["config-not-json"]({ name })] };
    given[name] = parsed.value;
  }
  const parsed = providerConfigSchema.safeParse(given);
  if (parsed.success) return { state: "known", config: parsed.data };
  const failures = problemsOf(parsed.error, given).map(({ message }) =>
    say["invalid-config"]({ problem: message }),
  );
  return { state: "wrong", failures };
}

/** undefined: the text is not JSON. It may hold a secret, and no error repeats it. */
function fromText(text: string): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) as unknown };
  } catch {
    return undefined;
  }
}

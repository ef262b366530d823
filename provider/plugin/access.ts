import type { Message } from "../message.ts";
import { hostAccessShape } from "../schema/partition.ts";
import { CREDENTIALS, type ProviderConfig } from "../schema/provider-config.ts";
import { only, type Properties, without } from "../wire/handler.ts";
import { sameValue, UNKNOWN } from "../wire/unknowns.ts";
import { pluginMessages as say } from "./messages.ts";

/** How a resource says which host it is and how to reach it; `host` is the name of a host of the inventory. */
export const ACCESS_KEYS = ["host", ...Object.keys(hostAccessShape)];

/**
 * Whose credentials count. "program": those that are declared, before those of the configuration. "configuration": the other way, for what
 * is done out of state without the program, whose credentials may have been rotated since.
 */
export type Precedence = "program" | "configuration";

export type Resolved =
  | { readonly ok: true; readonly access: Properties }
  | { readonly ok: false; readonly problem: Message };

/** The way to a host: what a resource says, completed by the provider's configuration. What is merged here never goes into state. */
export function resolveAccess(config: ProviderConfig, given: Properties, precedence: Precedence): Resolved {
  const { host } = given;
  const own = only(given, Object.keys(hostAccessShape));
  if (host === undefined) {
    const isLocal = own["local"] === true || own["connection"] === undefined;
    return { ok: true, access: isLocal ? withTimeouts(config, own) : reached(config, own, precedence) };
  }
  // Nothing can be said about a host that is not known yet.
  if (host === UNKNOWN || typeof host !== "string")
    return { ok: true, access: { ...own, connection: UNKNOWN } };
  const other = (["connection", "local"] as const).find(
    (name) => own[name] !== undefined && own[name] !== false,
  );
  if (other !== undefined) return { ok: false, problem: say["two-hosts"]({ other }) };
  const listed = config.hosts?.[host];
  if (listed === undefined)
    return {
      ok: false,
      problem: say["host-not-in-inventory"]({ host, known: Object.keys(config.hosts ?? {}) }),
    };
  const { timeouts: listedTimeouts, ...rest } = listed;
  const timeouts = { ...listedTimeouts, ...asObject(own["timeouts"]) };
  const access = { ...rest, ...without(own, ["local"]), timeouts };
  return {
    ok: true,
    access:
      listed.connection === undefined ? withTimeouts(config, access) : reached(config, access, precedence),
  };
}

function reached(config: ProviderConfig, access: Properties, precedence: Precedence): Properties {
  const { connection } = access;
  if (typeof connection !== "object" || connection === null) return withTimeouts(config, access);
  const own = connection as Properties;
  const shared = (config.connection ?? {}) as Properties;
  const configured = credentialsIn(listedAs(config, own) ?? {}) ?? credentialsIn(shared);
  const declared = credentialsIn(own);
  const credentials = precedence === "program" ? (declared ?? configured) : (configured ?? declared);
  const plain = { ...without(shared, CREDENTIALS), ...without(own, CREDENTIALS), ...credentials };
  const { proxy } = plain;
  const merged =
    typeof proxy === "object" && proxy !== null
      ? { ...plain, proxy: reachedProxy(jumpHostsOf(config), proxy as Properties, precedence) }
      : plain;
  return withTimeouts(config, { ...access, connection: merged });
}

/** A jump host with the credentials of the same account in the configuration, and so each one in front of it. */
function reachedProxy(known: readonly Properties[], own: Properties, precedence: Precedence): Properties {
  const configured = credentialsIn(known.find((one) => sameAccount(one, own)) ?? {});
  const declared = credentialsIn(own);
  const credentials = precedence === "program" ? (declared ?? configured) : (configured ?? declared);
  const merged = { ...without(own, CREDENTIALS), ...credentials };
  const { proxy } = own;
  if (typeof proxy !== "object" || proxy === null) return merged;
  return { ...merged, proxy: reachedProxy(known, proxy as Properties, precedence) };
}

/** Every jump host that the configuration has. */
function jumpHostsOf(config: ProviderConfig): readonly Properties[] {
  const chain = (connection: Properties | undefined): readonly Properties[] => {
    const proxy = connection?.["proxy"] as Properties | undefined;
    return proxy === undefined ? [] : [proxy, ...chain(proxy)];
  };
  const hosts = Object.values(config.hosts ?? {}).flatMap((host) => chain(host.connection));
  return [...chain(config.connection), ...hosts];
}

/** Whether two name one account of one host, reached over the same jump hosts: a private address exists in many networks. */
function sameAccount(one: Properties, other: Properties): boolean {
  const { host, port = 22, user = "root", proxy } = one;
  const same = sameValue([host, port, user], [other["host"], other["port"] ?? 22, other["user"] ?? "root"]);
  const inFront = other["proxy"];
  if (!same || proxy === undefined || inFront === undefined) return same && proxy === inFront;
  return sameAccount(proxy as Properties, inFront as Properties);
}

const withTimeouts = ({ timeouts }: ProviderConfig, access: Properties): Properties => {
  if (access["timeouts"] === UNKNOWN) return access;
  const merged = { ...timeouts, ...asObject(access["timeouts"]) };
  return Object.keys(merged).length === 0 ? without(access, ["timeouts"]) : { ...access, timeouts: merged };
};

function credentialsIn(connection: Properties): Properties | undefined {
  const found = only(connection, CREDENTIALS);
  return Object.keys(found).length > 0 ? found : undefined;
}

/** The entry of the inventory for the same account of the same host. */
function listedAs(config: ProviderConfig, connection: Properties): Properties | undefined {
  const shared = (config.connection ?? {}) as Properties;
  const completed = (one: Properties): Properties => ({ ...without(shared, CREDENTIALS), ...one });
  return Object.values(config.hosts ?? {})
    .map((host): Properties => host.connection ?? {})
    .find((one) => sameAccount(completed(one), completed(connection)));
}

const asObject = (value: unknown): Properties =>
  typeof value === "object" && value !== null ? (value as Properties) : {};

import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";

import { ConnectionSettingsError } from "../../errors.ts";
import { excerpt } from "../../plain-text.ts";
import type { Endpoint } from "../endpoint.ts";
import { fingerprint, type HostKey, parseHostKeys } from "./host-key.ts";
import { isUnderAuthority, lookUpHost } from "./known-hosts.ts";

/** Which host keys a connection believes. */
export interface HostTrust {
  /** Types of the expected keys: to be asked for first, so that a server with several keys shows one that we know. */
  readonly expectedTypes: readonly string[];
  /** Why `key` is not believed, and what to do; undefined when it is. */
  refusal(key: HostKey): string | undefined;
}

/** What a declaration says about the key of a server: the key itself, known_hosts files, or to check nothing. */
export async function hostTrustOf(endpoint: Endpoint): Promise<HostTrust> {
  const { hostKeyChecking, hostKey } = endpoint.connection;
  if (hostKeyChecking === "off") return { expectedTypes: [], refusal: () => undefined };
  if (hostKey !== undefined) return trustGivenKeys(endpoint, [hostKey].flat());
  return await trustKnownHosts(endpoint);
}

function trustGivenKeys(endpoint: Endpoint, texts: readonly string[]): HostTrust {
  const { host, port } = endpoint.connection;
  const pasted = texts.flatMap((text) => {
    const keys = parseHostKeys(text);
    // The text is not repeated: what was pasted here by mistake could be the private key.
    if (keys === undefined) {
      throw new ConnectionSettingsError(
        endpoint,
        "hostKey",
        'is not a public key such as "ssh-ed25519 AAAA…"',
      );
    }
    return keys;
  });
  const wrong = (reason: string): ConnectionSettingsError =>
    new ConnectionSettingsError(endpoint, "hostKey", reason);
  const expected = pasted.flatMap((key): readonly HostKey[] => {
    const { names } = key;
    if (names === "") return [key];
    // A line of known_hosts means what it means there.
    if (names.startsWith("@cert-authority"))
      throw wrong(
        "has a @cert-authority line, but host certificates are not supported; set it to the host's own key",
      );
    const { keys } = lookUpHost(`${names} ${key.type} ${key.blob}`, host, port);
    return keys;
  });
  const revoked = pasted.filter(({ names }) => names.startsWith("@revoked"));
  if (expected.length === 0) {
    const names = pasted.map((one) => one.names).join(" and ");
    throw wrong(
      `has known_hosts lines, but none of them is for ${host}: ${excerpt(names)}. Remove the names to trust the key for any name`,
    );
  }
  const trusted = expected.filter((key) => !includes(revoked, key));
  return {
    expectedTypes: trusted.map((key) => key.type),
    refusal: (key) => {
      if (includes(revoked, key)) return "hostKey marks this key as revoked";
      return includes(trusted, key)
        ? undefined
        : `hostKey expects ${list(trusted)}. If the host was reinstalled, set hostKey to its new key; if not, another machine answers in its place`;
    },
  };
}

/** Those that OpenSSH reads (ssh_config(5), UserKnownHostsFile and GlobalKnownHostsFile). */
const KNOWN_HOSTS = [
  "~/.ssh/known_hosts",
  "~/.ssh/known_hosts2",
  "/etc/ssh/ssh_known_hosts",
  "/etc/ssh/ssh_known_hosts2",
] as const;

async function trustKnownHosts(endpoint: Endpoint): Promise<HostTrust> {
  const { connection } = endpoint;
  const paths = (connection.knownHosts === undefined ? KNOWN_HOSTS : [connection.knownHosts]).map(inHome);
  const files = await Promise.all(
    paths.map(async (path) => {
      const text = await readKnownHosts(endpoint, path);
      if (text === undefined) return [];
      const { host, port } = connection;
      return [{ path, ...lookUpHost(text, host, port), authority: isUnderAuthority(text, host, port) }];
    }),
  );
  const found = files.flat();
  // A file without a word about the host is not worth naming, unless none has one.
  const read = listed(found.length > 0 ? found.map(({ path }) => path) : paths.slice(0, 1));
  const keys = found.flatMap((file) => file.keys);
  const refusal = (key: HostKey): string | undefined => {
    // A key that one file revokes is revoked, whatever the others say.
    const revoking = found.find(({ revoked }) => includes(revoked, key));
    if (revoking) return `${revoking.path} marks this key as revoked`;
    if (includes(keys, key)) return undefined;
    const authority = found.find((file) => file.authority);
    if (authority && keys.length === 0)
      return `${authority.path} knows the host by a certificate of its authority (@cert-authority), which is not supported. Set hostKey to "${key.type} ${key.blob}", if that is the host's key`;
    if (keys.length === 0) {
      return `the host is not in ${read}. Compare with "ssh-keygen -lf" of the key in /etc/ssh on the host; if it is the same, set hostKey to "${key.type} ${key.blob}" or add the host to ${paths[0]}`;
    }
    const having = found.filter((file) => file.keys.length > 0).map(({ path }) => path);
    return `${listed(having)} ${having.length === 1 ? "has" : "have"} ${list(keys)} for this host. If the host was reinstalled, remove the old line with "ssh-keygen -R" and add the new key; if not, another machine answers in its place`;
  };
  return { expectedTypes: keys.map((key) => key.type), refusal };
}

const inHome = (path: string): string => (path.startsWith("~/") ? join(homedir(), path.slice(2)) : path);

const listed = (paths: readonly string[]): string => paths.join(" and ");

async function readKnownHosts(endpoint: Endpoint, path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "unreadable";
    // Of the usual files none must be there; one that was asked for must.
    if (endpoint.connection.knownHosts === undefined && (code === "ENOENT" || code === "ENOTDIR"))
      return undefined;
    throw new ConnectionSettingsError(endpoint, "knownHosts", `cannot be read: ${code} ${path}`);
  }
}

const includes = (keys: readonly HostKey[], wanted: HostKey): boolean =>
  keys.some((key) => key.type === wanted.type && key.blob === wanted.blob);

const list = (keys: readonly HostKey[]): string =>
  keys.map((key) => `${key.type} ${fingerprint(key)}`).join(" or ");

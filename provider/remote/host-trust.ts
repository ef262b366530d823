import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";

import { ConnectionSettingsError } from "../errors.ts";
import type { Connection } from "../schema/connection.ts";
import { fingerprint, type HostKey, parseHostKeys } from "./host-key.ts";
import { lookUpHost } from "./known-hosts.ts";

/** Which host keys a connection believes. */
export interface HostTrust {
  /** Types of the expected keys: to be asked for first, so that a server with several keys shows one that we know. */
  readonly expectedTypes: readonly string[];
  /** Why `key` is not believed, and what to do; undefined when it is. */
  refusal(key: HostKey): string | undefined;
}

/** What `connection` says about its host's key: the key itself, a known_hosts file, or to check nothing. */
export async function hostTrustOf(connection: Connection, target: string): Promise<HostTrust> {
  if (connection.hostKeyChecking === "off") return { expectedTypes: [], refusal: () => undefined };
  if (connection.hostKey !== undefined) return trustGivenKeys([connection.hostKey].flat(), target);
  return await trustKnownHosts(connection, target);
}

function trustGivenKeys(texts: readonly string[], target: string): HostTrust {
  const expected = texts.flatMap((text) => {
    const keys = parseHostKeys(text);
    // The text is not repeated: what was pasted here by mistake could be the private key.
    if (keys === undefined) {
      throw new ConnectionSettingsError(target, "hostKey", 'is not a public key such as "ssh-ed25519 AAAA…"');
    }
    return keys;
  });
  return {
    expectedTypes: expected.map((key) => key.type),
    refusal: (key) =>
      includes(expected, key)
        ? undefined
        : `hostKey expects ${list(expected)}. If the host was reinstalled, set hostKey to its new key; if not, another machine answers in its place`,
  };
}

async function trustKnownHosts(connection: Connection, target: string): Promise<HostTrust> {
  const path = knownHostsPath(connection);
  const { keys, revoked } = lookUpHost(
    await readKnownHosts(connection, path, target),
    connection.host,
    connection.port,
  );
  const refusal = (key: HostKey): string | undefined => {
    if (includes(revoked, key)) return `${path} marks this key as revoked`;
    if (includes(keys, key)) return undefined;
    if (keys.length === 0) {
      return `the host is not in ${path}. Compare with "ssh-keygen -lf" of the key in /etc/ssh on the host; if it is the same, set hostKey to "${key.type} ${key.blob}" or add the host to that file`;
    }
    return `${path} has ${list(keys)} for this host. If the host was reinstalled, remove the old line with "ssh-keygen -R" and add the new key; if not, another machine answers in its place`;
  };
  return { expectedTypes: keys.map((key) => key.type), refusal };
}

function knownHostsPath(connection: Connection): string {
  const path = connection.knownHosts ?? "~/.ssh/known_hosts";
  return path.startsWith("~/") ? join(homedir(), path.slice(2)) : path;
}

async function readKnownHosts(connection: Connection, path: string, target: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "unreadable";
    // Without the default file no host is known yet; a file that was asked for must be there.
    if (code === "ENOENT" && connection.knownHosts === undefined) return "";
    throw new ConnectionSettingsError(target, "knownHosts", `cannot be read: ${code} ${path}`);
  }
}

const includes = (keys: readonly HostKey[], wanted: HostKey): boolean =>
  keys.some((key) => key.type === wanted.type && key.blob === wanted.blob);

const list = (keys: readonly HostKey[]): string =>
  keys.map((key) => `${key.type} ${fingerprint(key)}`).join(" or ");

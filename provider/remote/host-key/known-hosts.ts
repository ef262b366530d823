import { createHmac, timingSafeEqual } from "node:crypto";

import { type HostKey, hostKey } from "./host-key.ts";

/** What a known_hosts file says about one host. */
export interface KnownHost {
  readonly keys: readonly HostKey[];
  readonly revoked: readonly HostKey[];
}

/**
 * Looks a host up in the text of a known_hosts file (sshd(8), "SSH_KNOWN_HOSTS FILE FORMAT"): plain, hashed and wildcard
 * names, negation, `[host]:port`, `@revoked`. Lines that are no keys, or have a marker that nobody knows, are passed over, as
 * OpenSSH does. A host on another port than 22 that has no line of its own falls back to the line of its plain name.
 */
export function lookUpHost(text: string, host: string, port: number): KnownHost {
  const { exact, plain, keysOf } = reader(text, host, port);
  const keys = keysOf(exact, "trusted");
  return {
    keys: keys.length > 0 || exact === plain ? keys : keysOf(plain, "trusted"),
    revoked: [...keysOf(exact, "revoked"), ...(exact === plain ? [] : keysOf(plain, "revoked"))],
  };
}

/** Whether a certificate of an authority (`@cert-authority`) is believed for the host. This client knows no certificates. */
export function isUnderAuthority(text: string, host: string, port: number): boolean {
  const { exact, plain, keysOf } = reader(text, host, port);
  return [exact, plain].some((name) => keysOf(name, "authority").length > 0);
}

function reader(text: string, host: string, port: number) {
  const plain = host.toLowerCase();
  const lines = text
    .split("\n")
    .map(splitLine)
    .filter((line) => line !== undefined);
  return {
    plain,
    exact: port === 22 ? plain : `[${plain}]:${port}`,
    keysOf: (name: string, marker: Line["marker"]): readonly HostKey[] =>
      lines
        .filter((line) => line.marker === marker && matches(line.names, name))
        .map((line) => hostKey(line.type, line.blob))
        .filter((key) => key !== undefined),
  };
}

interface Line {
  readonly marker: "trusted" | "revoked" | "authority";
  readonly names: string;
  readonly type: string | undefined;
  readonly blob: string | undefined;
}

function splitLine(line: string): Line | undefined {
  const words = line.trim().split(/\s+/);
  const marker = words[0]?.startsWith("@") === true ? words.shift() : undefined;
  const [names = "", type, blob] = words;
  if (names === "" || names.startsWith("#")) return undefined;
  const known = MARKERS[marker ?? ""];
  return known && { marker: known, names, type, blob };
}

const MARKERS: Readonly<Record<string, Line["marker"]>> = {
  "": "trusted",
  "@revoked": "revoked",
  "@cert-authority": "authority",
};

function matches(names: string, name: string): boolean {
  if (names.startsWith("|")) return matchesHash(names, name);
  let found = false;
  for (const pattern of names.toLowerCase().split(",")) {
    if (pattern.startsWith("!")) {
      // One negated match outweighs every other pattern of the line.
      if (matchesPattern(pattern.slice(1), name)) return false;
    } else if (matchesPattern(pattern, name)) {
      found = true;
    }
  }
  return found;
}

/** `|1|salt|hash`: HMAC-SHA1 of the name under the salt. */
function matchesHash(hashed: string, name: string): boolean {
  const [, version, salt, expected] = hashed.split("|");
  if (version !== "1" || salt === undefined || expected === undefined) return false;
  const digest = createHmac("sha1", Buffer.from(salt, "base64")).update(name).digest();
  const wanted = Buffer.from(expected, "base64");
  return wanted.length === digest.length && timingSafeEqual(wanted, digest);
}

/** `*` is any run of characters, `?` any one; brackets are plain characters. */
function matchesPattern(pattern: string, name: string): boolean {
  if (!/[*?]/.test(pattern)) return pattern === name;
  const source = pattern.replaceAll(/[.+^${}()|[\]\\*?]/g, (sign) =>
    sign === "*" ? ".*" : sign === "?" ? "." : `\\${sign}`,
  );
  return new RegExp(`^${source}$`).test(name);
}

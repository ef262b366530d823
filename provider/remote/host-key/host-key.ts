import { createHash } from "node:crypto";

/** A public key of a host. */
export interface HostKey {
  /** "ssh-ed25519" */
  readonly type: string;
  /** The key as it travels, base64. */
  readonly blob: string;
}

const TYPES: ReadonlySet<string> = new Set([
  "ssh-ed25519",
  "ecdsa-sha2-nistp256",
  "ecdsa-sha2-nistp384",
  "ecdsa-sha2-nistp521",
  "ssh-rsa",
]);

/** A line that someone pasted as the key of a host. */
export interface PastedKey extends HostKey {
  /** What stands before it: nothing in a `.pub` file, host names in known_hosts and in the output of ssh-keyscan. */
  readonly names: string;
}

/**
 * The keys in `text`: lines as in a `.pub` file or in known_hosts, since both get pasted. Undefined when a line holds no key of a
 * known type.
 */
export function parseHostKeys(text: string): readonly PastedKey[] | undefined {
  const keys: PastedKey[] = [];
  for (const line of text.split("\n")) {
    const words = line.trim().split(/\s+/);
    if (words[0] === "" || words[0]?.startsWith("#") === true) continue;
    const at = words.findIndex((word) => TYPES.has(word));
    const key = at === -1 ? undefined : hostKey(words[at], words[at + 1]);
    if (key === undefined) return undefined;
    keys.push({ ...key, names: words.slice(0, at).join(" ") });
  }
  return keys.length === 0 ? undefined : keys;
}

/** Undefined when the blob is not base64 of a key of just this type. */
export function hostKey(type: string | undefined, blob: string | undefined): HostKey | undefined {
  if (type === undefined || blob === undefined) return undefined;
  const bytes = Buffer.from(blob, "base64");
  return typeOf(bytes) === type ? { type, blob: bytes.toString("base64") } : undefined;
}

/** The key a server presented. */
export function presentedKey(bytes: Buffer): HostKey {
  return { type: typeOf(bytes), blob: bytes.toString("base64") };
}

/** "SHA256:…" as ssh-keygen prints it. */
export function fingerprint(key: HostKey): string {
  const digest = createHash("sha256").update(Buffer.from(key.blob, "base64")).digest("base64");
  return `SHA256:${digest.replace(/=+$/, "")}`;
}

/** A key names its type itself, in its first field. */
function typeOf(bytes: Buffer): string {
  if (bytes.length < 4) return "";
  return bytes.subarray(4, 4 + bytes.readUInt32BE(0)).toString("latin1");
}

import { AuthenticationError } from "../errors.ts";
import type { Connection } from "../schema/connection.ts";

/** The SSH library's way to read a key: an Error instead of a key, or several keys where the form allows that. */
type ParseKey<Key> = (text: string, passphrase?: string) => Key | Error | readonly Key[];

/** Keys kept: a fleet has one, or one for each host. */
const KEYS_KEPT = 256;

/**
 * Reads the private key of a connection; undefined when it has none. Each text is parsed once: to open an encrypted key
 * takes a tenth of a second of computing, in which nothing else runs, and many hosts share one key.
 */
export function createKeyReader<Key extends { isPrivateKey(): boolean }>(
  parse: ParseKey<Key>,
): (connection: Connection, target: string) => Key | undefined {
  const read = new Map<string, Key>();
  return ({ privateKey, privateKeyPassword }, target) => {
    if (privateKey === undefined) return undefined;
    const name = `${privateKeyPassword ?? ""}\0${privateKey}`;
    const known = read.get(name);
    if (known !== undefined) return known;
    const parsed = [parse(privateKey, privateKeyPassword)].flat()[0] as Key | Error | undefined;
    if (parsed === undefined || parsed instanceof Error || !parsed.isPrivateKey()) {
      const message = parsed instanceof Error ? parsed.message : "";
      throw new AuthenticationError(target, explainUnreadableKey(privateKey, privateKeyPassword, message));
    }
    const oldest = read.keys().next();
    if (read.size >= KEYS_KEPT && oldest.done !== true) read.delete(oldest.value);
    read.set(name, parsed);
    return parsed;
  };
}

/**
 * In one sentence, without any part of the text. The library's own message is only matched, never shown: such messages
 * like to quote what they read.
 */
function explainUnreadableKey(text: string, passphrase: string | undefined, message: string): string {
  if (/passphrase|decrypt|integrity check/i.test(message)) {
    return passphrase === undefined
      ? "privateKey is encrypted; set privateKeyPassword"
      : "privateKeyPassword does not open privateKey";
  }
  const trimmed = text.trim();
  if (/^(ssh-|ecdsa-)/.test(trimmed))
    return "privateKey is a public key; the file without .pub is the private one";
  if (/^[~./\w-]+$/.test(trimmed)) return "privateKey looks like a path; give the contents of the file";
  if (text.includes(String.raw`\n`)) {
    return String.raw`privateKey has the two characters "\n" where its lines should end`;
  }
  return "privateKey is not a private key in PEM or OpenSSH form, or only a part of one";
}

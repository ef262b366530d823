import { AuthenticationError } from "../../errors.ts";
import type { Connection } from "../../schema/connection.ts";
import { unlessAborted } from "../limit.ts";
import { deriveKey } from "./key-derivation.ts";
import { derivedLength, openedKey, openSshText, readEncryptedKey } from "./openssh-key.ts";
import { readPuttyKey } from "./putty-key.ts";

/** The SSH library's way to read a key: an Error instead of a key, or several keys where the form allows that. */
type ParseKey<Key> = (text: string, passphrase?: string) => Key | Error | readonly Key[];

/** Keys kept: a fleet has one, or one for each host. */
const KEYS_KEPT = 256;

const WRONG_PASSPHRASE = "privateKeyPassword does not open privateKey";
const NO_PASSPHRASE = "privateKey is encrypted; set privateKeyPassword";

/** A key that cannot be read, with the reason in one sentence, without any part of the text. */
class UnreadableKey extends Error {}

/**
 * Reads the private key of a connection; undefined when it has none. Each text is read once: to open an encrypted key takes a
 * tenth of a second of computing and more, and many hosts share one key.
 */
export function createKeyReader<Key extends { isPrivateKey(): boolean }>(
  parse: ParseKey<Key>,
): (connection: Connection, target: string, signal: AbortSignal) => Promise<Key | undefined> {
  const known = new Map<string, Promise<Key>>();
  const read = async (text: string, passphrase: string | undefined): Promise<Key> => {
    const opened = await readableText(text, passphrase);
    const parsed = [parse(opened ?? text, opened === undefined ? passphrase : undefined)].flat()[0] as
      | Key
      | Error
      | undefined;
    if (parsed !== undefined && !(parsed instanceof Error) && parsed.isPrivateKey()) return parsed;
    throw new UnreadableKey(explain(text, passphrase, parsed instanceof Error ? parsed.message : ""));
  };
  return async ({ privateKey, privateKeyPassword }, target, signal) => {
    if (privateKey === undefined) return undefined;
    const name = `${privateKeyPassword ?? ""}\0${privateKey}`;
    const reading = known.get(name) ?? read(privateKey, privateKeyPassword);
    const oldest = known.keys().next();
    if (known.size >= KEYS_KEPT && oldest.done !== true) known.delete(oldest.value);
    known.set(name, reading);
    try {
      // Others wait for the same key: it goes on when one of them leaves.
      return await unlessAborted(reading, signal);
    } catch (error) {
      signal.throwIfAborted();
      known.delete(name);
      throw error instanceof UnreadableKey ? new AuthenticationError(target, error.message) : error;
    }
  };
}

/** The key in a form that the SSH library reads without a passphrase; undefined where it reads it as it is. */
async function readableText(text: string, passphrase: string | undefined): Promise<string | undefined> {
  const putty = readPuttyKey(text, passphrase);
  if (putty) return fromPutty(putty, passphrase);
  if (/^-----BEGIN (?:ENCRYPTED )?PRIVATE KEY-----/.test(text.trim())) {
    return await fromPkcs8(text.trim(), passphrase);
  }
  const encrypted = encryptedKey(text);
  if (encrypted === undefined) return undefined;
  if (passphrase === undefined) throw new UnreadableKey(NO_PASSPHRASE);
  const { salt, rounds } = encrypted;
  const length = derivedLength(encrypted);
  if (length === undefined)
    throw new UnreadableKey(
      "privateKey is encrypted with a cipher that is not known here; write it anew with `ssh-keygen -p -f key`",
    );
  const { derived } = await deriveKey({ does: "bcrypt", passphrase, salt, rounds, length });
  const opened = derived && openedKey(encrypted, Buffer.from(derived));
  if (opened === undefined) throw new UnreadableKey(WRONG_PASSPHRASE);
  return opened;
}

/** One that is cut off is left to the library, which says so. */
function encryptedKey(text: string): ReturnType<typeof readEncryptedKey> {
  try {
    return readEncryptedKey(text);
  } catch {
    return undefined;
  }
}

function fromPutty(
  putty: NonNullable<ReturnType<typeof readPuttyKey>>,
  passphrase: string | undefined,
): string {
  if (putty.is === "encrypted") {
    throw new UnreadableKey(
      putty.version === 3
        ? "privateKey is an encrypted key of PuTTY, version 3, which is not supported; convert it with `puttygen key.ppk -O private-openssh-new -o key`"
        : passphrase === undefined
          ? NO_PASSPHRASE
          : WRONG_PASSPHRASE,
    );
  }
  const text = putty.is === "key" ? openSshText(putty.key) : undefined;
  if (text === undefined)
    throw new UnreadableKey(
      "privateKey is a key of PuTTY that cannot be read, or only a part of one; convert it with `puttygen key.ppk -O private-openssh-new -o key`",
    );
  return text;
}

async function fromPkcs8(text: string, passphrase: string | undefined): Promise<string> {
  const encrypted = text.startsWith("-----BEGIN ENCRYPTED");
  if (encrypted && passphrase === undefined) throw new UnreadableKey(NO_PASSPHRASE);
  const { jwk, code } = await deriveKey({ does: "pkcs8", text, passphrase });
  if (jwk === undefined && encrypted && code !== "ERR_OSSL_PEM_NO_START_LINE")
    throw new UnreadableKey(WRONG_PASSPHRASE);
  if (jwk === undefined && code !== "ERR_CRYPTO_JWK_UNSUPPORTED_KEY_TYPE")
    throw new UnreadableKey("privateKey is not a private key in PKCS#8 form, or only a part of one");
  const opened = jwk && openSshText(jwk);
  if (opened === undefined)
    throw new UnreadableKey(
      "privateKey is of a kind that SSH does not know; make one with `ssh-keygen -t ed25519`",
    );
  return opened;
}

/**
 * In one sentence, without any part of the text. The library's own message is only matched, never shown: such messages
 * like to quote what they read.
 */
function explain(text: string, passphrase: string | undefined, message: string): string {
  if (/passphrase|decrypt|integrity check/i.test(message))
    return passphrase === undefined ? NO_PASSPHRASE : WRONG_PASSPHRASE;
  const trimmed = text.trim();
  if (/^(ssh-|ecdsa-|sk-)/.test(trimmed))
    return "privateKey is a public key; the file without .pub is the private one";
  if (/^[~./\w-]+$/.test(trimmed)) return "privateKey looks like a path; give the contents of the file";
  if (text.includes(String.raw`\n`)) {
    return String.raw`privateKey has the two characters "\n" where its lines should end`;
  }
  if (trimmed.startsWith("-----BEGIN OPENSSH") && isSecurityKey(trimmed))
    return "privateKey is the handle of a security key (sk-…), which is not supported; use a key of another kind";
  return "privateKey is not a private key in PEM or OpenSSH form, or only a part of one";
}

/** "sk-ssh-ed25519@openssh.com" stands in the public part, readable in every such file. */
const isSecurityKey = (text: string): boolean =>
  Buffer.from(text.replaceAll(/-----[A-Z ]+-----/g, ""), "base64")
    .toString("latin1")
    .includes("sk-");

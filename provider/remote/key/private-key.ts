import { AuthenticationError } from "../../errors.ts";
import type { Message } from "../../message.ts";
import type { Endpoint } from "../endpoint.ts";
import { unlessAborted } from "../limit.ts";
import { keyMessages } from "../messages.ts";
import { deriveKey } from "./key-derivation.ts";
import { readKeyFile } from "./key-file.ts";
import { derivedLength, openedKey, openSshText, readEncryptedKey } from "./openssh-key.ts";
import { readPuttyKey } from "./putty-key.ts";

/** The SSH library's way to read a key: an Error instead of a key, or several keys where the form allows that. */
type ParseKey<Key> = (text: string, passphrase?: string) => Key | Error | readonly Key[];

/** Keys kept: a fleet has one, or one for each host. */
const KEYS_KEPT = 256;

/** A key that cannot be read, with the reason in one sentence, without any part of the text. */
class UnreadableKey extends Error {
  readonly problem: Message;
  constructor(code: keyof typeof keyMessages) {
    const problem = keyMessages[code]();
    super(problem.text);
    this.problem = problem;
  }
}

/**
 * Reads the private key of a connection; undefined when it has none. Each text is read once: to open an encrypted key takes a
 * tenth of a second of computing and more, and many hosts share one key.
 */
export function createKeyReader<Key extends { isPrivateKey(): boolean }>(
  parse: ParseKey<Key>,
): (endpoint: Endpoint, signal: AbortSignal) => Promise<Key | undefined> {
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
  return async (endpoint, signal) => {
    const { connection, target } = endpoint;
    const { privateKeyPassword } = connection;
    const privateKey = connection.privateKey ?? (await unlessAborted(readKeyFile(endpoint), signal));
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
      throw error instanceof UnreadableKey ? new AuthenticationError(target, error.problem) : error;
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
  if (passphrase === undefined) throw new UnreadableKey("key-encrypted");
  const { salt, rounds } = encrypted;
  const length = derivedLength(encrypted);
  if (length === undefined) throw new UnreadableKey("key-cipher-unknown");
  const { derived } = await deriveKey({ does: "bcrypt", passphrase, salt, rounds, length });
  const opened = derived && openedKey(encrypted, Buffer.from(derived));
  if (opened === undefined) throw new UnreadableKey("key-passphrase-wrong");
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
        ? "key-of-putty-encrypted"
        : passphrase === undefined
          ? "key-encrypted"
          : "key-passphrase-wrong",
    );
  }
  const text = putty.is === "key" ? openSshText(putty.key) : undefined;
  if (text === undefined) throw new UnreadableKey("key-of-putty-broken");
  return text;
}

async function fromPkcs8(text: string, passphrase: string | undefined): Promise<string> {
  const encrypted = text.startsWith("-----BEGIN ENCRYPTED");
  if (encrypted && passphrase === undefined) throw new UnreadableKey("key-encrypted");
  const { jwk, code } = await deriveKey({ does: "pkcs8", text, passphrase });
  if (jwk === undefined && encrypted && code !== "ERR_OSSL_PEM_NO_START_LINE")
    throw new UnreadableKey("key-passphrase-wrong");
  if (jwk === undefined && code !== "ERR_CRYPTO_JWK_UNSUPPORTED_KEY_TYPE")
    throw new UnreadableKey("key-of-pkcs8-broken");
  const opened = jwk && openSshText(jwk);
  if (opened === undefined) throw new UnreadableKey("key-kind-unknown");
  return opened;
}

/**
 * Without any part of the text. The library's own message is only matched, never shown: such messages
 * like to quote what they read.
 */
function explain(text: string, passphrase: string | undefined, message: string): keyof typeof keyMessages {
  if (/passphrase|decrypt|integrity check/i.test(message))
    return passphrase === undefined ? "key-encrypted" : "key-passphrase-wrong";
  const trimmed = text.trim();
  if (/^(ssh-|ecdsa-|sk-)/.test(trimmed)) return "key-is-public";
  if (/^[~./\w-]+$/.test(trimmed)) return "key-is-path";
  if (text.includes(String.raw`\n`)) return "key-lines-escaped";
  if (trimmed.startsWith("-----BEGIN OPENSSH") && isSecurityKey(trimmed)) return "key-of-security-key";
  return "key-unreadable";
}

/** "sk-ssh-ed25519@openssh.com" stands in the public part, readable in every such file. */
const isSecurityKey = (text: string): boolean =>
  Buffer.from(text.replaceAll(/-----[A-Z ]+-----/g, ""), "base64")
    .toString("latin1")
    .includes("sk-");

import { createDecipheriv } from "node:crypto";
import type { JsonWebKey } from "node:crypto";

import { readWire, wireInteger, wireNumber, wireString } from "./ssh-wire.ts";

const MAGIC = Buffer.from("openssh-key-v1\0");
const BEGIN = "-----BEGIN OPENSSH PRIVATE KEY-----";
const END = "-----END OPENSSH PRIVATE KEY-----";

/** A key file of OpenSSH whose private part a passphrase opens (PROTOCOL.key in its sources). */
export interface EncryptedKey {
  readonly cipher: string;
  readonly salt: Buffer;
  readonly rounds: number;
  readonly publicKey: Buffer;
  readonly encrypted: Buffer;
  readonly tag: Buffer;
}

/** undefined: it is none of these, or not encrypted. @throws RangeError when it is cut off */
export function readEncryptedKey(text: string): EncryptedKey | undefined {
  const trimmed = text.trim();
  if (!trimmed.startsWith(BEGIN) || !trimmed.endsWith(END)) return undefined;
  const bytes = Buffer.from(trimmed.slice(BEGIN.length, -END.length), "base64");
  if (!bytes.subarray(0, MAGIC.length).equals(MAGIC)) return undefined;
  const wire = readWire(bytes.subarray(MAGIC.length));
  const [cipher, derivation, options] = [wire.string().toString(), wire.string().toString(), wire.string()];
  if (derivation !== "bcrypt" || wire.number() !== 1) return undefined;
  const how = readWire(options);
  const [salt, rounds] = [how.string(), how.number()];
  return { cipher, salt, rounds, publicKey: wire.string(), encrypted: wire.string(), tag: wire.rest() };
}

interface Cipher {
  readonly name: string;
  readonly key: number;
  readonly iv: number;
}

const CIPHERS: Readonly<Record<string, Cipher>> = {
  ...Object.fromEntries(
    ["128", "192", "256"].flatMap((bits) => {
      const key = Number(bits) / 8;
      return [
        [`aes${bits}-ctr`, { name: `aes-${bits}-ctr`, key, iv: 16 }],
        [`aes${bits}-cbc`, { name: `aes-${bits}-cbc`, key, iv: 16 }],
        [`aes${bits}-gcm@openssh.com`, { name: `aes-${bits}-gcm`, key, iv: 12 }],
      ];
    }),
  ),
  "3des-cbc": { name: "des-ede3-cbc", key: 24, iv: 8 },
  "chacha20-poly1305@openssh.com": { name: "chacha20", key: 64, iv: 0 },
};

/** How many bytes are to be derived from the passphrase; undefined for a cipher that is not known. */
export function derivedLength({ cipher }: EncryptedKey): number | undefined {
  const { key, iv } = CIPHERS[cipher] ?? {};
  return key === undefined || iv === undefined ? undefined : key + iv;
}

/** The same key without encryption, as text; undefined when what was derived does not open it. */
export function openedKey(key: EncryptedKey, derived: Buffer): string | undefined {
  const cipher = CIPHERS[key.cipher];
  if (cipher === undefined) return undefined;
  try {
    const opened = decrypt(key, cipher, derived);
    // OpenSSH puts the same random number there twice.
    if (opened.readUInt32BE(0) !== opened.readUInt32BE(4)) return undefined;
    return keyText(key.publicKey, opened);
  } catch {
    return undefined;
  }
}

function decrypt({ encrypted, tag }: EncryptedKey, { name, key, iv }: Cipher, derived: Buffer): Buffer {
  if (name === "chacha20") {
    // Block 0 of the first half is for the authentication, which the two numbers stand in for; the counter is little-endian.
    const start = Buffer.alloc(16);
    start[0] = 1;
    return createDecipheriv(name, derived.subarray(0, 32), start).update(encrypted);
  }
  const decipher = createDecipheriv(name, derived.subarray(0, key), derived.subarray(key, key + iv));
  if (name.endsWith("gcm")) (decipher as unknown as { setAuthTag(tag: Buffer): void }).setAuthTag(tag);
  else decipher.setAutoPadding(false);
  return Buffer.concat([decipher.update(encrypted), decipher.final()]);
}

function keyText(publicKey: Buffer, privatePart: Buffer): string {
  const none = wireString("none");
  const bytes = Buffer.concat([
    MAGIC,
    none,
    none,
    wireString(""),
    wireNumber(1),
    wireString(publicKey),
    wireString(privatePart),
  ]);
  return `${BEGIN}\n${bytes.toString("base64").replaceAll(/.{70}/g, "$&\n")}\n${END}\n`;
}

const CURVES: Readonly<Record<string, string>> = {
  "P-256": "nistp256",
  "P-384": "nistp384",
  "P-521": "nistp521",
};

/** A key from elsewhere as OpenSSH writes it, without encryption; undefined for a kind that SSH does not know. */
export function openSshText(key: JsonWebKey): string | undefined {
  const part = (name: "n" | "e" | "d" | "p" | "q" | "qi" | "x" | "y"): Buffer =>
    Buffer.from(key[name] ?? "", "base64url");
  const curve = CURVES[key.crv ?? ""];
  if (key.kty === "RSA") {
    const [n, e, d, qi, p, q] = (["n", "e", "d", "qi", "p", "q"] as const).map((name) =>
      wireInteger(part(name)),
    );
    const type = wireString("ssh-rsa");
    return privateText(
      [type, e, n].flatMap((one) => one ?? []),
      [type, n, e, d, qi, p, q].flatMap((one) => one ?? []),
    );
  }
  if (key.kty === "EC" && curve !== undefined) {
    const point = wireString(Buffer.concat([Buffer.from([4]), part("x"), part("y")]));
    const shared = [wireString(`ecdsa-sha2-${curve}`), wireString(curve), point];
    return privateText(shared, [...shared, wireInteger(part("d"))]);
  }
  if (key.kty === "OKP" && key.crv === "Ed25519") {
    const shared = [wireString("ssh-ed25519"), wireString(part("x"))];
    return privateText(shared, [...shared, wireString(Buffer.concat([part("d"), part("x")]))]);
  }
  return undefined;
}

function privateText(publicParts: readonly Buffer[], privateParts: readonly Buffer[]): string {
  const body = Buffer.concat([Buffer.alloc(8), ...privateParts, wireString("")]);
  const padding = Buffer.from(Array.from({ length: (8 - (body.length % 8)) % 8 }, (_, number) => number + 1));
  return keyText(Buffer.concat(publicParts), Buffer.concat([body, padding]));
}

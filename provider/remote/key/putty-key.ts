import { createDecipheriv, createHash, createHmac } from "node:crypto";
import type { JsonWebKey } from "node:crypto";

import { readWire, wireString } from "./ssh-wire.ts";

/** A key file of PuTTY, as `puttygen` writes it: versions 2 and 3 (appendix C of its manual). */
export type PuttyKey =
  | { readonly is: "key"; readonly key: JsonWebKey }
  | { readonly is: "encrypted"; readonly version: 2 | 3 }
  | { readonly is: "broken" };

/** undefined: it is none. */
export function readPuttyKey(text: string, passphrase: string | undefined): PuttyKey | undefined {
  const [, version, type = ""] = /^PuTTY-User-Key-File-([23]): ([\w-]+)\s*$/m.exec(text.trimStart()) ?? [];
  if (version === undefined) return undefined;
  const lines = text.split(/\r?\n/);
  const field = (name: string): string =>
    lines.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2) ?? "";
  const block = (name: string): Buffer => {
    const at = lines.findIndex((line) => line.startsWith(`${name}-Lines: `));
    return Buffer.from(lines.slice(at + 1, at + 1 + Number(field(`${name}-Lines`))).join(""), "base64");
  };
  const encryption = field("Encryption");
  if (encryption !== "none" && (version === "3" || passphrase === undefined))
    return { is: "encrypted", version: version === "3" ? 3 : 2 };
  const secret = encryption === "none" ? "" : (passphrase ?? "");
  const publicPart = block("Public");
  try {
    const privatePart = encryption === "none" ? block("Private") : decrypted(block("Private"), secret);
    const [hash, macKey] =
      version === "3"
        ? (["sha256", Buffer.alloc(0)] as const)
        : (["sha1", createHash("sha1").update(`putty-private-key-file-mac-key${secret}`).digest()] as const);
    const mac = createHmac(hash, macKey);
    for (const part of [type, encryption, field("Comment"), publicPart, privatePart])
      mac.update(wireString(part));
    if (mac.digest("hex") !== field("Private-MAC"))
      return encryption === "none" ? { is: "broken" } : { is: "encrypted", version: 2 };
    const key = keyOf(type, publicPart, privatePart);
    return key ? { is: "key", key } : { is: "broken" };
  } catch {
    return { is: "broken" };
  }
}

function decrypted(bytes: Buffer, passphrase: string): Buffer {
  const half = (number: number): Buffer =>
    createHash("sha1")
      .update(Buffer.from([0, 0, 0, number]))
      .update(passphrase)
      .digest();
  const key = Buffer.concat([half(0), half(1)]).subarray(0, 32);
  const decipher = createDecipheriv("aes-256-cbc", key, Buffer.alloc(16)).setAutoPadding(false);
  return Buffer.concat([decipher.update(bytes), decipher.final()]);
}

const CURVES: Readonly<Record<string, readonly [name: string, bytes: number]>> = {
  "ecdsa-sha2-nistp256": ["P-256", 32],
  "ecdsa-sha2-nistp384": ["P-384", 48],
  "ecdsa-sha2-nistp521": ["P-521", 66],
};

function keyOf(type: string, publicPart: Buffer, privatePart: Buffer): JsonWebKey | undefined {
  const [shared, own] = [readWire(publicPart), readWire(privatePart)];
  shared.string();
  if (type === "ssh-rsa") {
    const [e, n] = [shared.string(), shared.string()].map(encoded);
    const [d, p, q, qi] = [own.string(), own.string(), own.string(), own.string()].map(encoded);
    return { kty: "RSA", n: n ?? "", e: e ?? "", d: d ?? "", p: p ?? "", q: q ?? "", qi: qi ?? "" };
  }
  if (type === "ssh-ed25519")
    return { kty: "OKP", crv: "Ed25519", x: encoded(shared.string()), d: encoded(own.string()) };
  const [crv, size] = CURVES[type] ?? [];
  if (crv === undefined || size === undefined) return undefined;
  shared.string();
  const point = shared.string().subarray(1);
  const [x, y] = [point.subarray(0, size), point.subarray(size)].map(encoded);
  return { kty: "EC", crv, x: x ?? "", y: y ?? "", d: encoded(own.string()) };
}

const encoded = (bytes: Buffer): string => bytes.toString("base64url");

import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";

import { temporaryDirectory } from "./temporary-directory.ts";

/** A key pair as ssh-keygen wrote it. */
export interface SshKey {
  /** Path of the private key file, mode 0600. */
  readonly path: string;
  /** Contents of the private key file. */
  readonly privateKey: string;
  /** Type and blob, without the comment: "ssh-ed25519 AAAA…". */
  readonly publicKey: string;
}

export interface SshKeyOptions {
  /** @default "ed25519" */
  readonly type?: "ed25519" | "ecdsa" | "rsa";
  /** @default none */
  readonly passphrase?: string;
  /** "PEM" is the form before OpenSSH 7.8; ed25519 keys have only one form. @default "RFC4716" */
  readonly format?: "RFC4716" | "PEM";
}

/** Makes a new key pair; its files go away with the test process. */
export function generateKey(options: SshKeyOptions = {}): SshKey {
  const path = join((directory ??= temporaryDirectory("keys")), `key-${++made}`);
  const type = options.type ?? "ed25519";
  const size = type === "rsa" ? ["-b", "2048"] : [];
  const format = options.format === "PEM" ? ["-m", "PEM"] : [];
  const secret = ["-N", options.passphrase ?? ""];
  execFileSync("ssh-keygen", ["-q", "-t", type, ...size, ...format, ...secret, "-C", "", "-f", path]);
  const publicKey = readFileSync(`${path}.pub`, "utf8").trim();
  return { path, privateKey: readFileSync(path, "utf8"), publicKey };
}

/** The same key for every caller with this name: making one costs more than starting a server. */
export function sharedKey(name: string): SshKey {
  const known = shared.get(name);
  if (known !== undefined) return known;
  const key = generateKey();
  shared.set(name, key);
  return key;
}

const shared = new Map<string, SshKey>();
let made = 0;
let directory: string | undefined;

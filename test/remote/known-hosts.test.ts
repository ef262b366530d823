import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { beforeAll, describe, expect, test } from "vitest";

import { fingerprint, parseHostKeys } from "../../provider/remote/host-key/host-key.ts";
import { lookUpHost } from "../../provider/remote/host-key/known-hosts.ts";
import { generateKey, type SshKey } from "../support/ssh-key.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

let one: SshKey;
let two: SshKey;
let rsa: SshKey;
let directory: string;

beforeAll(() => {
  [one, two, rsa] = [generateKey(), generateKey({ type: "ecdsa" }), generateKey({ type: "rsa" })];
  directory = temporaryDirectory("known-hosts");
});

const found = (text: string, host: string, port = 22): readonly string[] =>
  lookUpHost(text, host, port).keys.map((key) => `${key.type} ${key.blob}`);

/** The text as `ssh-keygen -H` rewrites it. */
function hashed(text: string): string {
  const path = join(directory, "known_hosts");
  writeFileSync(path, text);
  execFileSync("ssh-keygen", ["-H", "-f", path], { stdio: "ignore" });
  return readFileSync(path, "utf8");
}

describe("lookUpHost", () => {
  test("finds every key of a host, by any of its names, whatever the case", () => {
    const text = `gpu1.example,10.0.0.1 ${one.publicKey} comment here\ngpu1.example ${rsa.publicKey}\n`;
    expect(found(text, "GPU1.example")).toEqual([one.publicKey, rsa.publicKey]);
    expect(found(text, "10.0.0.1")).toEqual([one.publicKey]);
    expect(found(text, "gpu2.example")).toEqual([]);
    expect(found(text, "gpu1.example.com")).toEqual([]);
  });

  test("distinguishes the ports of one host", () => {
    const text = `gpu1 ${one.publicKey}\n[gpu1]:2222 ${two.publicKey}\n`;
    expect(found(text, "gpu1", 22)).toEqual([one.publicKey]);
    expect(found(text, "gpu1", 2222)).toEqual([two.publicKey]);
  });

  test("falls back to the plain name for a port that has no line, as OpenSSH does", () => {
    expect(found(`gpu1 ${one.publicKey}\n`, "gpu1", 2222)).toEqual([one.publicKey]);
    expect(found(`[gpu1]:2222 ${one.publicKey}\n`, "gpu1", 22)).toEqual([]);
  });

  test("reads the hashes that ssh-keygen -H writes", () => {
    const text = hashed(
      `gpu1 ${one.publicKey}\n[gpu1]:2222 ${two.publicKey}\ngpu2,10.0.0.2 ${rsa.publicKey}\n`,
    );
    expect(text).not.toContain("gpu");
    expect(found(text, "gpu1")).toEqual([one.publicKey]);
    expect(found(text, "gpu1", 2222)).toEqual([two.publicKey]);
    expect(found(text, "10.0.0.2")).toEqual([rsa.publicKey]);
    expect(found(text, "gpu3")).toEqual([]);
  });

  test("knows wildcards and negation", () => {
    const text = `*.cluster.example,!login.cluster.example,node? ${one.publicKey}\n`;
    expect(found(text, "gpu7.cluster.example")).toEqual([one.publicKey]);
    expect(found(text, "login.cluster.example")).toEqual([]);
    expect(found(text, "node7")).toEqual([one.publicKey]);
    expect(found(text, "node10")).toEqual([]);
    expect(found(text, "gpu7xcluster.example")).toEqual([]);
  });

  test("takes brackets and dots of a name literally", () => {
    expect(found(`[*.example]:2222 ${one.publicKey}\n`, "gpu1.example", 2222)).toEqual([one.publicKey]);
    expect(found(`2001:db8::1 ${one.publicKey}\n`, "2001:db8::1")).toEqual([one.publicKey]);
    expect(found(`gpu1.exa* ${one.publicKey}\n`, "gpu1xexample")).toEqual([]);
  });

  test("tells revoked keys from trusted ones", () => {
    const known = lookUpHost(`@revoked * ${one.publicKey}\ngpu1 ${two.publicKey}\n`, "gpu1", 22);
    expect(known.keys.map((key) => key.type)).toEqual(["ecdsa-sha2-nistp256"]);
    expect(known.revoked.map((key) => `${key.type} ${key.blob}`)).toEqual([one.publicKey]);
  });

  test("passes over comments, empty lines, certificate authorities and broken lines", () => {
    const text = `# gpu1 ${one.publicKey}\n\n@cert-authority gpu1 ${one.publicKey}\ngpu1 ssh-ed25519\ngpu1\ngpu1 ssh-rsa AAAA\n`;
    expect(lookUpHost(text, "gpu1", 22)).toEqual({ keys: [], revoked: [] });
  });

  test("does not believe a line whose key is of another type than it says", () => {
    const blob = one.publicKey.split(" ")[1];
    expect(found(`gpu1 ssh-rsa ${blob}\n`, "gpu1")).toEqual([]);
  });
});

describe("parseHostKeys", () => {
  test("reads what people paste: .pub files, known_hosts lines, the output of ssh-keyscan", () => {
    const pasted = `# gpu1:22 SSH-2.0-OpenSSH_9.2\ngpu1 ${one.publicKey}\n${rsa.publicKey} root@gpu1\n`;
    expect(parseHostKeys(pasted)?.map((key) => `${key.type} ${key.blob}`)).toEqual([
      one.publicKey,
      rsa.publicKey,
    ]);
  });

  test.each(["", "gpu1", "ssh-ed25519", "ssh-ed25519 AAAA", "SHA256:abcdef"])("does not read %j", (text) => {
    expect(parseHostKeys(text)).toBeUndefined();
  });
});

test("a fingerprint is the one ssh-keygen prints", () => {
  for (const key of [one, two, rsa]) {
    const printed = execFileSync("ssh-keygen", ["-lf", key.path], { encoding: "utf8" }).split(" ")[1];
    const [parsed] = parseHostKeys(key.publicKey) ?? [];
    if (parsed === undefined) throw new Error("no key");
    expect(fingerprint(parsed)).toBe(printed);
  }
});

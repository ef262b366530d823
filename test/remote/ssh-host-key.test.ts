import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";

import { ConnectionSettingsError, HostKeyError } from "../../provider/errors.ts";
import { createSshPool, type SshPool } from "../../provider/remote/pool.ts";
import type { ConnectionArgs } from "../../provider/schema/connection.ts";
import { generateKey, type SshKey } from "../support/ssh-key.ts";
import { type Sshd, startSshd } from "../support/sshd.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import { bareConnectionTo, failureOf } from "./connection-to.ts";

let ed25519: SshKey;
let ecdsa: SshKey;
let rsa: SshKey;
let stranger: SshKey;
let sshd: Sshd;
let onlyRsa: Sshd;
let directory: string;
let pool: SshPool;

beforeAll(async () => {
  ed25519 = generateKey();
  ecdsa = generateKey({ type: "ecdsa" });
  rsa = generateKey({ type: "rsa" });
  stranger = generateKey();
  [sshd, onlyRsa] = await Promise.all([
    startSshd({ hostKeys: [ed25519, ecdsa, rsa] }),
    startSshd({ hostKeys: [rsa] }),
  ]);
  directory = temporaryDirectory("host-keys");
});
afterAll(async () => {
  await Promise.all([sshd.stop(), onlyRsa.stop()]);
});

beforeEach(() => {
  pool = createSshPool();
});
afterEach(() => pool.closeAll());

const connect = async (server: Sshd, changes: Partial<ConnectionArgs>): Promise<string> => {
  const connection = bareConnectionTo(server, { privateKey: server.clientKey, ...changes });
  return (await pool.executor(connection).run({ argv: ["echo", "in"] }, { timeoutMs: 10_000 })).stdout;
};
const refused = async (server: Sshd, changes: Partial<ConnectionArgs>): Promise<HostKeyError> => {
  const before = server.counts().connections;
  const error = await failureOf(connect(server, changes));
  expect(error).toBeInstanceOf(HostKeyError);
  // Nobody was let see a key or a password.
  expect(server.counts().connections).toBe(before);
  return error as HostKeyError;
};
const fingerprintOf = (key: SshKey): string =>
  execFileSync("ssh-keygen", ["-lf", key.path], { encoding: "utf8" }).split(" ")[1] ?? "";
/** A known_hosts file with these lines, NAME standing for the server's. */
const knownHosts = (server: Sshd, ...lines: readonly string[]): string => {
  const path = join(directory, "known_hosts");
  const name = `[${server.host}]:${server.port}`;
  writeFileSync(path, lines.map((line) => `${line.replace("NAME", name)}\n`).join(""));
  return path;
};

describe("hostKey", () => {
  test("is believed in each of the server's types, though others are preferred", async () => {
    for (const key of [ed25519, ecdsa, rsa])
      expect(await connect(sshd, { hostKey: key.publicKey })).toBe("in\n");
  });

  test("may be one of several", async () => {
    expect(await connect(sshd, { hostKey: [stranger.publicKey, ed25519.publicKey] })).toBe("in\n");
  });

  test("that is not the server's refuses it, naming both keys", async () => {
    const error = await refused(sshd, { hostKey: stranger.publicKey });
    expect(error.fingerprint).toBe(fingerprintOf(ed25519));
    expect(error.message).toBe(
      `root@127.0.0.1:${sshd.port} presented host key ${fingerprintOf(ed25519)}: ` +
        `hostKey expects ssh-ed25519 ${fingerprintOf(stranger)}. If the host was reinstalled, set hostKey to its new key; ` +
        "if not, another machine answers in its place",
    );
  });

  test("of a type that the server does not have refuses it by name, too", async () => {
    const error = await refused(onlyRsa, { hostKey: ed25519.publicKey });
    expect(error.fingerprint).toBe(fingerprintOf(rsa));
  });

  test("that is no public key is an error that does not repeat it", async () => {
    const error = await failureOf(connect(sshd, { hostKey: stranger.privateKey }));
    expect(error).toBeInstanceOf(ConnectionSettingsError);
    expect(error.message).toBe(
      `connection.hostKey of root@127.0.0.1:${sshd.port} is not a public key such as "ssh-ed25519 AAAA…"`,
    );
  });
});

describe("knownHosts", () => {
  test("is believed, plain and hashed, and chooses the type to ask for", async () => {
    expect(await connect(sshd, { knownHosts: knownHosts(sshd, `NAME ${rsa.publicKey}`) })).toBe("in\n");
    const path = knownHosts(sshd, `NAME ${ecdsa.publicKey}`);
    execFileSync("ssh-keygen", ["-H", "-f", path], { stdio: "ignore" });
    expect(await connect(sshd, { knownHosts: path })).toBe("in\n");
  });

  test("is read again for each new connection", async () => {
    const path = knownHosts(sshd);
    await refused(sshd, { knownHosts: path });
    knownHosts(sshd, `NAME ${ed25519.publicKey}`);
    expect(await connect(sshd, { knownHosts: path })).toBe("in\n");
  });

  test("that does not have the host refuses it, and says how to add it", async () => {
    const path = knownHosts(sshd, `gpu1.example ${ed25519.publicKey}`);
    const error = await refused(sshd, { knownHosts: path });
    expect(error.message).toContain(
      `presented host key ${fingerprintOf(ed25519)}: the host is not in ${path}`,
    );
    expect(error.message).toContain(`set hostKey to "${ed25519.publicKey}"`);
  });

  test("that has another key refuses the host, and says what that can mean", async () => {
    const path = knownHosts(sshd, `NAME ${stranger.publicKey}`);
    const error = await refused(sshd, { knownHosts: path });
    expect(error.message).toContain(`${path} has ssh-ed25519 ${fingerprintOf(stranger)} for this host`);
    expect(error.message).toContain("ssh-keygen -R");
  });

  test("that revokes the key refuses it, whatever else it says", async () => {
    const path = knownHosts(sshd, `NAME ${ed25519.publicKey}`, `@revoked * ${ed25519.publicKey}`);
    expect((await refused(sshd, { knownHosts: path })).message).toContain("marks this key as revoked");
  });

  test("is ~/.ssh/known_hosts when nothing is said, and need not be there", async () => {
    const home = join(directory, "home");
    mkdirSync(join(home, ".ssh"), { recursive: true });
    const before = process.env["HOME"];
    process.env["HOME"] = home;
    try {
      expect((await refused(sshd, {})).message).toContain(`is not in ${home}/.ssh/known_hosts`);
      writeFileSync(join(home, ".ssh", "known_hosts"), `[127.0.0.1]:${sshd.port} ${ed25519.publicKey}\n`);
      expect(await connect(sshd, {})).toBe("in\n");
      expect(await connect(sshd, { knownHosts: "~/.ssh/known_hosts" })).toBe("in\n");
    } finally {
      process.env["HOME"] = before;
    }
  });

  test("that was asked for and is not there is an error", async () => {
    const error = await failureOf(connect(sshd, { knownHosts: "/nowhere/known_hosts" }));
    expect(error).toBeInstanceOf(ConnectionSettingsError);
    expect(error.message).toBe(
      `connection.knownHosts of root@127.0.0.1:${sshd.port} cannot be read: ENOENT /nowhere/known_hosts`,
    );
  });
});

describe('hostKeyChecking: "off"', () => {
  test("believes any key", async () => {
    expect(await connect(sshd, { hostKeyChecking: "off" })).toBe("in\n");
  });

  test("is not shared with who wants the key checked", async () => {
    expect(await connect(sshd, { hostKeyChecking: "off" })).toBe("in\n");
    await refused(sshd, { hostKey: stranger.publicKey });
    await refused(sshd, { knownHosts: knownHosts(sshd) });
  });
});

test("a host whose key changes between two connections of one run is refused, and sees no credential", async () => {
  const first = await startSshd({ hostKeys: [ed25519] });
  const { port } = first;
  const connection = bareConnectionTo(first, { privateKey: first.clientKey, hostKey: ed25519.publicKey });
  const executor = pool.executor(connection);
  const echo = () => executor.run({ argv: ["echo", "in"] }, { timeoutMs: 10_000 });
  expect((await echo()).stdout).toBe("in\n");
  await first.stop();
  const second = await startSshd({ port, hostKeys: [stranger] });
  try {
    // The first attempt may find the connection that has just broken.
    await expect.poll(async () => (await failureOf(echo())).constructor).toBe(HostKeyError);
    expect(second.counts().connections).toBe(0);
    expect(second.log()).not.toContain("publickey");
  } finally {
    await second.stop();
  }
});

import { execFileSync } from "node:child_process";
import { createPublicKey } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";

import { AuthenticationError } from "../../provider/errors.ts";
import { createSshPool, type SshPool } from "../../provider/remote/pool.ts";
import type { Connection } from "../../provider/schema/connection.ts";
import { generateKey, type SshKey } from "../support/ssh-key.ts";
import { type Sshd, startSshd } from "../support/sshd.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import { bareConnectionTo, connectionTo, failureOf } from "./connection-to.ts";
import { withAgent } from "./with-agent.ts";

const PASSWORD = "correct 'horse' battery $staple";
const ACCOUNTS = [{ name: "ops", password: PASSWORD }];

let sshd: Sshd;
let pool: SshPool;
let encrypted: SshKey;
let others: readonly SshKey[];

beforeAll(async () => {
  encrypted = generateKey({ passphrase: "open sesame" });
  others = [
    generateKey({ type: "ecdsa" }),
    generateKey({ type: "rsa" }),
    generateKey({ type: "rsa", format: "PEM" }),
    generateKey({ type: "ecdsa", format: "PEM", passphrase: "open pem" }),
  ];
  const authorizedKeys = [encrypted, ...others].map((key) => key.publicKey);
  sshd = await startSshd({ accounts: ACCOUNTS, authorizedKeys, config: ["MaxAuthTries 4"] });
});
afterAll(() => sshd.stop());

beforeEach(() => {
  pool = createSshPool();
  sshd.resetCounts();
});
afterEach(() => pool.closeAll());

const whoAmI = async (connection: Connection): Promise<string> =>
  (await pool.executor(connection).run({ argv: ["id", "-un"] }, { timeoutMs: 10_000 })).stdout.trim();
const refused = async (connection: Connection): Promise<string> => {
  const error = await failureOf(whoAmI(connection));
  expect(error).toBeInstanceOf(AuthenticationError);
  return error.message;
};
const trusting = (changes: Parameters<typeof bareConnectionTo>[1]): Connection =>
  bareConnectionTo(sshd, { hostKey: sshd.hostKey, user: "ops", ...changes });

describe("a private key", () => {
  test("lets us in, with one try", async () => {
    expect(await whoAmI(connectionTo(sshd))).toBe("root");
    expect(await whoAmI(connectionTo(sshd, { user: "ops" }))).toBe("ops");
    expect(sshd.log()).not.toContain("Failed none");
  });

  test("may be ecdsa or rsa, in OpenSSH or PEM form, encrypted or not", async () => {
    for (const key of others) {
      const password = key === others[3] ? { privateKeyPassword: "open pem" } : {};
      expect(await whoAmI(trusting({ privateKey: key.privateKey, ...password }))).toBe("ops");
    }
  });

  test("opens with its password, and is opened once for all hosts", async () => {
    const connection = trusting({ privateKey: encrypted.privateKey, privateKeyPassword: "open sesame" });
    expect(await whoAmI(connection)).toBe("ops");
    await pool.closeAll();
    const before = process.cpuUsage();
    expect(await whoAmI(connection)).toBe("ops");
    // Deriving the key from the password again would alone take more than this.
    expect(process.cpuUsage(before).user / 1000).toBeLessThan(100);
  });

  test("that the server does not know is refused after one try", async () => {
    const stranger = generateKey();
    expect(await refused(trusting({ privateKey: stranger.privateKey }))).toBe(
      `cannot log in to ops@127.0.0.1:${sshd.port}: the server did not accept the private key for user "ops" (it accepts publickey, password, keyboard-interactive)`,
    );
    expect(sshd.counts()).toEqual({ connections: 0, execs: 0 });
    expect(sshd.log().match(new RegExp(`Failed publickey for ops`, "g")) ?? []).toHaveLength(1);
  });

  test("wins over a password", async () => {
    const stranger = generateKey();
    const message = await refused(trusting({ privateKey: stranger.privateKey, password: PASSWORD }));
    expect(message).toContain("did not accept the private key");
  });

  test("needs the right password of its own", async () => {
    expect(await refused(trusting({ privateKey: encrypted.privateKey }))).toContain(
      "privateKey is encrypted; set privateKeyPassword",
    );
    expect(
      await refused(trusting({ privateKey: encrypted.privateKey, privateKeyPassword: "wrong" })),
    ).toContain("privateKeyPassword does not open privateKey");
  });

  test.each<[string, (key: SshKey) => string, string]>([
    ["cut off", (key) => key.privateKey.slice(0, 200), "is not a private key"],
    [
      "without its frame",
      (key) => key.privateKey.split("\n").slice(1, -2).join("\n"),
      "is not a private key",
    ],
    [
      "with its line ends escaped",
      (key) => key.privateKey.replaceAll("\n", String.raw`\n`),
      String.raw`"\n"`,
    ],
    ["a public key", (key) => key.publicKey, "is a public key"],
    ["a path", (key) => key.path, "looks like a path"],
    ["damaged", (key) => key.privateKey.replace(/\n(.{30})/, "\n####"), "is not a private key"],
  ])("that is %s is explained without quoting it", async (_what, spoil, explanation) => {
    const key = generateKey();
    const text = spoil(key);
    const message = await refused(trusting({ privateKey: text }));
    expect(message).toContain(explanation);
    const lines = text.split(/\n|\\n/).filter((line) => line.length > 8 && !line.startsWith("-----"));
    expect(lines.filter((line) => message.includes(line))).toEqual([]);
  });

  test("with the line ends of Windows is the same key", async () => {
    const privateKey = sshd.clientKey.replaceAll("\n", "\r\n");
    expect(await whoAmI(trusting({ privateKey }))).toBe("ops");
    expect(await whoAmI(trusting({ privateKey: `\n  ${sshd.clientKey.trimEnd()}` }))).toBe("ops");
  });
});

describe("a password", () => {
  test("lets us in", async () => {
    expect(await whoAmI(trusting({ password: PASSWORD }))).toBe("ops");
  });

  test("that is wrong is refused after one try, and not quoted", async () => {
    const message = await refused(trusting({ password: "wrong horse" }));
    expect(message).toContain('the server did not accept the password for user "ops"');
    expect(message).not.toContain("wrong horse");
    expect(sshd.log().match(/Failed password for ops/g) ?? []).toHaveLength(1);
  });

  test("answers the dialogue of a server that knows passwords only so", async () => {
    const asking = await startSshd({
      accounts: ACCOUNTS,
      config: ["UsePAM yes", "PasswordAuthentication no", "KbdInteractiveAuthentication yes"],
    });
    try {
      const connection = bareConnectionTo(asking, {
        hostKey: asking.hostKey,
        user: "ops",
        password: PASSWORD,
      });
      expect(await whoAmI(connection)).toBe("ops");
      expect(asking.log()).toContain("Accepted keyboard-interactive/pam for ops");
      const message = await refused({ ...connection, password: "wrong horse" });
      expect(message).toContain("did not accept the password for");
    } finally {
      await asking.stop();
    }
  });

  test("follows the key where the server wants both", async () => {
    const strict = await startSshd({
      accounts: ACCOUNTS,
      config: ["AuthenticationMethods publickey,password"],
    });
    try {
      const both = connectionTo(strict, { user: "ops", password: PASSWORD });
      expect(await whoAmI(both)).toBe("ops");
      expect(await refused(connectionTo(strict, { user: "ops" }))).toContain("and also requires password");
    } finally {
      await strict.stop();
    }
  });
});

describe("an agent", () => {
  test("lets us in with any of its keys", async () => {
    await withAgent([generateKey().path, sshd.clientKeyPath], async (agentSocketPath) => {
      expect(await whoAmI(trusting({ agentSocketPath }))).toBe("ops");
    });
  });

  test("is found by $SSH_AUTH_SOCK when neither key nor password is given", async () => {
    await withAgent([sshd.clientKeyPath], async (socket) => {
      const before = process.env["SSH_AUTH_SOCK"];
      process.env["SSH_AUTH_SOCK"] = socket;
      try {
        expect(await whoAmI(trusting({}))).toBe("ops");
      } finally {
        if (before === undefined) delete process.env["SSH_AUTH_SOCK"];
        else process.env["SSH_AUTH_SOCK"] = before;
      }
    });
  });

  test("without a fitting key is refused", async () => {
    await withAgent([generateKey().path], async (agentSocketPath) => {
      expect(await refused(trusting({ agentSocketPath }))).toContain("did not accept any key of the agent");
    });
    await withAgent([], async (agentSocketPath) => {
      expect(await refused(trusting({ agentSocketPath }))).toContain("did not accept any key of the agent");
    });
  });

  test("with more keys than the server lets us try is refused, not called unreachable", async () => {
    const keys = Array.from({ length: 6 }, () => generateKey().path);
    await withAgent(keys, async (agentSocketPath) => {
      expect(await refused(trusting({ agentSocketPath }))).toContain("too many authentication failures");
    });
  });

  test("that does not answer is named in the error", async () => {
    expect(await refused(trusting({ agentSocketPath: "/nowhere/agent" }))).toContain(
      "the agent at /nowhere/agent does not answer",
    );
  });
});

test("a connection without credentials is refused without an attempt", async () => {
  const before = process.env["SSH_AUTH_SOCK"];
  delete process.env["SSH_AUTH_SOCK"];
  try {
    expect(await refused(trusting({}))).toContain(
      "has no privateKey, privateKeyPath or password, and no SSH agent runs here",
    );
  } finally {
    if (before !== undefined) process.env["SSH_AUTH_SOCK"] = before;
  }
});

const run = (program: string, ...args: readonly string[]): string =>
  execFileSync(program, args, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });

/** Written anew in place, as ssh-keygen does. */
const rewritten = (type: "ed25519" | "ecdsa" | "rsa", ...args: readonly string[]): SshKey => {
  const key = generateKey({ type });
  run("ssh-keygen", "-q", "-p", "-P", "", "-f", key.path, ...args);
  return { ...key, privateKey: readFileSync(key.path, "utf8") };
};

describe("a key of another make", () => {
  const folder = temporaryDirectory("made-elsewhere");
  const putty = (type: "ed25519" | "ecdsa" | "rsa", version: "2" | "3", passphrase: string): SshKey => {
    const key = generateKey({ type });
    const [path, secret] = [join(folder, `${type}-${version}-${passphrase}.ppk`), join(folder, "secret")];
    writeFileSync(secret, passphrase);
    run(
      "puttygen",
      key.path,
      "-O",
      "private",
      "-o",
      path,
      "--new-passphrase",
      secret,
      "--ppk-param",
      `version=${version}`,
    );
    return { ...key, privateKey: readFileSync(path, "utf8") };
  };
  const openssl = (): SshKey => {
    const path = join(folder, "openssl");
    run("openssl", "genpkey", "-algorithm", "ed25519", "-out", path);
    const privateKey = readFileSync(path, "utf8");
    // The last 32 bytes of its DER form; ssh-keygen itself does not read such keys.
    const der = createPublicKey(privateKey).export({ type: "spki", format: "der" });
    const parts = [Buffer.from("ssh-ed25519"), der.subarray(-32)].map((part) =>
      Buffer.concat([Buffer.from([0, 0, 0, part.length]), part]),
    );
    return { path, privateKey, publicKey: `ssh-ed25519 ${Buffer.concat(parts).toString("base64")}` };
  };
  const SECRET = "open sesame";
  const makes: readonly (readonly [string, () => SshKey, string | undefined])[] = [
    ["PKCS#8, rsa", () => rewritten("rsa", "-N", "", "-m", "PKCS8"), undefined],
    ["PKCS#8, ecdsa", () => rewritten("ecdsa", "-N", "", "-m", "PKCS8"), undefined],
    ["PKCS#8 with a passphrase, rsa", () => rewritten("rsa", "-N", SECRET, "-m", "PKCS8"), SECRET],
    [
      "OpenSSH with chacha20",
      () => rewritten("ed25519", "-N", SECRET, "-Z", "chacha20-poly1305@openssh.com"),
      SECRET,
    ],
    ["OpenSSH with aes256-gcm", () => rewritten("rsa", "-N", SECRET, "-Z", "aes256-gcm@openssh.com"), SECRET],
    ["OpenSSH with aes128-cbc", () => rewritten("ecdsa", "-N", SECRET, "-Z", "aes128-cbc"), SECRET],
    ["PuTTY 2, ed25519", () => putty("ed25519", "2", ""), undefined],
    ["PuTTY 2, ecdsa", () => putty("ecdsa", "2", ""), undefined],
    ["PuTTY 2 with a passphrase, rsa", () => putty("rsa", "2", SECRET), SECRET],
    ["PuTTY 3, ed25519", () => putty("ed25519", "3", ""), undefined],
    ["PuTTY 3, rsa", () => putty("rsa", "3", ""), undefined],
    ["PKCS#8 of openssl, ed25519", () => openssl(), undefined],
  ];
  let server: Sshd;
  let keys: readonly SshKey[];
  beforeAll(async () => {
    keys = makes.map(([, make]) => make());
    server = await startSshd({ authorizedKeys: keys.map((key) => key.publicKey) });
  });
  afterAll(() => server?.stop());
  const login = (privateKey: string, privateKeyPassword?: string): Promise<string> =>
    whoAmI(
      bareConnectionTo(server, {
        hostKey: server.hostKey,
        privateKey,
        ...(privateKeyPassword !== undefined && { privateKeyPassword }),
      }),
    );

  test.each(makes.map(([name, , passphrase], number) => ({ name, passphrase, number })))(
    "logs in: $name",
    async ({ number, passphrase }) => {
      expect(await login(keys[number]?.privateKey ?? "", passphrase)).toBe("root");
    },
  );

  test.each(
    makes.flatMap(([name, , passphrase], number) => (passphrase === undefined ? [] : [{ name, number }])),
  )("is refused with another passphrase, and without one: $name", async ({ number }) => {
    const key = keys[number]?.privateKey ?? "";
    expect((await failureOf(login(key, "wrong"))).message).toContain("does not open privateKey");
    expect((await failureOf(login(key))).message).toContain(
      "privateKey is encrypted; set privateKeyPassword",
    );
  });

  test("is refused with the command that converts it: PuTTY 3 with a passphrase", async () => {
    const key = putty("ed25519", "3", SECRET);
    expect((await failureOf(login(key.privateKey, SECRET))).message).toContain(
      "puttygen key.ppk -O private-openssh-new -o key",
    );
  });

  test("leaves the event loop free while it is opened", async () => {
    const slow = rewritten("ed25519", "-N", SECRET, "-a", "60");
    let ticks = 0;
    const timer = setInterval(() => ticks++, 5);
    await failureOf(login(slow.privateKey, SECRET));
    clearInterval(timer);
    // Sixty rounds take seconds; a blocked loop would have no more than a few.
    expect(ticks).toBeGreaterThan(20);
  });
});

describe("an RSA key on a server that takes SHA-512 alone", () => {
  let server: Sshd;
  let rsa: SshKey;
  beforeAll(async () => {
    rsa = generateKey({ type: "rsa" });
    server = await startSshd({
      authorizedKeys: [rsa.publicKey],
      config: ["PubkeyAcceptedAlgorithms rsa-sha2-512"],
    });
  });
  afterAll(() => server?.stop());
  const connection = (changes: Parameters<typeof bareConnectionTo>[1]): Connection =>
    bareConnectionTo(server, { hostKey: server.hostKey, ...changes });

  test("logs in by its text", async () => {
    expect(await whoAmI(connection({ privateKey: rsa.privateKey }))).toBe("root");
  });

  test("logs in by an agent", async () => {
    await withAgent([rsa.path], async (socket) => {
      expect(await whoAmI(connection({ agentSocketPath: socket }))).toBe("root");
    });
  });
});

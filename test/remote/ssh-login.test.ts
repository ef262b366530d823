import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";

import { AuthenticationError } from "../../provider/errors.ts";
import { createSshPool, type SshPool } from "../../provider/remote/pool.ts";
import type { Connection } from "../../provider/schema/connection.ts";
import { generateKey, type SshKey } from "../support/ssh-key.ts";
import { type Sshd, startSshd } from "../support/sshd.ts";
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
      `cannot log in to ops@127.0.0.1:${sshd.port}: the server did not accept the private key for user "ops" (it takes publickey, password, keyboard-interactive)`,
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
      expect(await refused(connectionTo(strict, { user: "ops" }))).toContain("(it takes password)");
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

  test("that does not answer is named", async () => {
    expect(await refused(trusting({ agentSocketPath: "/nowhere/agent" }))).toContain(
      "the agent at /nowhere/agent does not answer",
    );
  });
});

test("without any credential nothing is even tried", async () => {
  const before = process.env["SSH_AUTH_SOCK"];
  delete process.env["SSH_AUTH_SOCK"];
  try {
    expect(await refused(trusting({}))).toContain(
      "has no privateKey and no password, and no SSH agent runs here",
    );
  } finally {
    if (before !== undefined) process.env["SSH_AUTH_SOCK"] = before;
  }
});

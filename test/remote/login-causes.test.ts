import { execFileSync } from "node:child_process";
import { connect } from "node:net";

import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { createSshPool, type SshPool } from "../../provider/remote/pool.ts";
import type { ConnectionArgs } from "../../provider/schema/connection.ts";
import type { HostAccount } from "../support/host-accounts.ts";
import { generateKey } from "../support/ssh-key.ts";
import { type Sshd, type SshdOptions, startSshd } from "../support/sshd.ts";
import { connectionTo, failureOf } from "./connection-to.ts";
import { withAgent } from "./with-agent.ts";

const PASSWORD = "correct horse";
const PAM = ["UsePAM yes"];
const DIALOGUE = [...PAM, "PasswordAuthentication no", "KbdInteractiveAuthentication yes"];
const withPassword = { privateKey: undefined, password: PASSWORD } as never;
const withoutKey = { privateKey: undefined } as never as object;
const EXPIRED = "Your account has expired; please contact your system administrator.";

let pool: SshPool;
let server: Sshd | undefined;
beforeEach(() => {
  pool = createSshPool();
});
afterEach(async () => {
  await pool.closeAll();
  await server?.stop();
  server = undefined;
});

const echo = async (changes: Partial<ConnectionArgs>) => {
  if (server === undefined) throw new Error("no server");
  const connection = connectionTo(server, { user: "ops", dialErrorLimit: 2, ...changes });
  return await pool.executor(connection).run({ argv: ["echo", "here"] }, { timeoutMs: 10_000 });
};

interface Situation {
  readonly account?: Partial<HostAccount>;
  readonly sshd?: SshdOptions;
  readonly connection?: Partial<ConnectionArgs>;
  readonly expected: object;
}

const refused = (data: object): object => ({
  code: "authentication",
  problem: { code: "credentials-refused", data },
});
const shell = (printed: string): object => ({ code: "login-shell", printed });

/** Each with what the server, PAM or the shell said of it. */
const SITUATIONS: Readonly<Record<string, Situation>> = {
  "an account that has run out, with a key": {
    account: { expired: "account" },
    sshd: { config: PAM },
    expected: {
      again: "useless",
      problem: { code: "closed-in-stage", data: { phase: "login", said: EXPIRED } },
    },
  },
  "an account that has run out, with a password": {
    account: { expired: "account" },
    sshd: { config: PAM },
    connection: withPassword,
    expected: {
      again: "useless",
      problem: { code: "closed-in-stage", data: { phase: "login", said: EXPIRED } },
    },
  },
  "an account that has run out, in a dialogue": {
    account: { expired: "account" },
    sshd: { config: DIALOGUE },
    connection: withPassword,
    expected: refused({ tried: ["the password"], said: EXPIRED }),
  },
  "a password that has run out, with a key": {
    account: { expired: "password" },
    sshd: { config: PAM },
    expected: shell("WARNING: Your password has expired. Password change required but no TTY available."),
  },
  "a password that has run out, in a dialogue": {
    account: { expired: "password" },
    sshd: { config: DIALOGUE },
    connection: withPassword,
    expected: { code: "authentication", problem: { code: "password-expired" } },
  },
  "a host under maintenance": {
    sshd: { config: PAM, namespaceSetup: "echo 'Down until eight' >/run/nologin" },
    expected: { problem: { code: "closed-in-stage", data: { phase: "login", said: "Down until eight" } } },
  },
  "a server that wants a dialogue after the key": {
    sshd: { config: [...PAM, "AuthenticationMethods publickey,keyboard-interactive"] },
    expected: { problem: { code: "more-wanted", data: { offered: ["keyboard-interactive"] } } },
  },
  "a user who may not log in": {
    sshd: { config: ["DenyUsers ops"] },
    expected: refused({ tried: ["the private key"] }),
  },
  "a login shell that is not there": {
    account: { shell: "/bin/no-such-shell" },
    expected: refused({ tried: ["the private key"] }),
  },
  "a login shell that lets nobody in": {
    account: { shell: "/usr/sbin/nologin" },
    expected: shell("This account is currently not available."),
  },
  "a forced command that is not there": {
    sshd: { config: ["ForceCommand /no/such/program"] },
    expected: { code: "login-shell", printed: expect.stringContaining("not found") as string },
  },
  "a server for files alone": {
    sshd: { config: ["ForceCommand internal-sftp", "Subsystem sftp internal-sftp"] },
    expected: shell("This service allows sftp connections only."),
  },
  "a root directory without programs": {
    sshd: { config: ["ChrootDirectory /run/sshd"] },
    expected: { code: "login-shell", printed: expect.stringContaining("/bin/sh: No such file") as string },
  },
  "a root directory that sshd refuses": {
    sshd: { config: ["ChrootDirectory /no/such/directory"] },
    expected: { code: "connection-lost", state: "not-begun" },
  },
  "a server that takes certificates alone": {
    sshd: { config: ["PubkeyAcceptedAlgorithms ssh-ed25519-cert-v01@openssh.com"] },
    expected: refused({ tried: ["the private key"] }),
  },
  "no cipher in common": {
    sshd: { config: ["Ciphers aes128-cbc"] },
    expected: { again: "useless", problem: { code: "no-common-algorithm" } },
  },
  "no key exchange in common": {
    sshd: { config: ["KexAlgorithms sntrup761x25519-sha512@openssh.com"] },
    expected: { again: "useless", problem: { code: "no-common-algorithm" } },
  },
};

const start = async ({ account, sshd }: Situation): Promise<void> => {
  server = await startSshd({ ...sshd, accounts: [{ name: "ops", password: PASSWORD, ...account }] });
};

describe("a login that fails says what the host said of it", () => {
  test.each(Object.entries(SITUATIONS))("%s", async (_name, situation) => {
    await start(situation);
    expect(await failureOf(echo(situation.connection ?? {}))).toMatchObject(situation.expected);
  });

  test("a server with more connections than it takes", async () => {
    server = await startSshd({ accounts: [{ name: "ops" }], config: ["MaxStartups 1:100:1"] });
    const { host, port } = server;
    const waiting = connect({ host, port });
    await new Promise((resolve) => waiting.once("data", resolve));
    expect(await failureOf(echo({ dialErrorLimit: 1 }))).toMatchObject({
      code: "host-unreachable",
      again: "may-help",
      problem: { code: "too-many-startups" },
    });
    waiting.destroy();
    expect((await echo({ dialErrorLimit: 10 })).stdout).toBe("here\n");
  });

  test("an agent whose keys this client cannot use, with their kinds", async () => {
    server = await startSshd({ accounts: [{ name: "ops" }] });
    const [authority, user] = [generateKey(), generateKey()];
    execFileSync("ssh-keygen", [
      "-q",
      "-s",
      authority.path,
      "-I",
      "somebody",
      "-n",
      "ops",
      `${user.path}.pub`,
    ]);
    await withAgent([user.path], async (agentSocketPath) => {
      const error = await failureOf(echo({ ...withoutKey, agentSocketPath }));
      expect(error).toMatchObject({
        code: "authentication",
        problem: {
          code: "agent-keys-unsupported",
          data: { kinds: ["ssh-ed25519-cert-v01@openssh.com"] },
        },
      });
    });
  });
});

describe("a login that works is not disturbed by", () => {
  test.each<[string, Situation]>([
    ["a banner", { sshd: { config: ["Banner /etc/passwd"] }, expected: {} }],
    ["a message of the day", { sshd: { config: [...PAM, "PrintMotd yes"] }, expected: {} }],
    ["a server that gives no terminal", { sshd: { config: ["PermitTTY no"] }, expected: {} }],

    ["a server that compresses", { sshd: { config: ["Compression yes"] }, expected: {} }],
    ["warnings of the loader", { sshd: { config: ["SetEnv LD_PRELOAD=/no/such.so"] }, expected: {} }],
  ])("%s", async (_name, situation) => {
    await start(situation);
    expect((await echo({})).stdout).toBe("here\n");
  });

  test("new keys every few packets", async () => {
    server = await startSshd({ accounts: [{ name: "ops" }], config: ["RekeyLimit 16K"] });
    const executor = pool.executor(connectionTo(server, { user: "ops" }));
    const stdin = "0123456789abcdef".repeat(2 ** 16);
    const answer = await executor.run({ argv: ["cat"], stdin }, { timeoutMs: 30_000 });
    expect(answer.stdout).toBe(stdin);
  });
});

import { connect } from "node:net";

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";

import {
  AuthenticationError,
  ConnectionLostError,
  HostKeyError,
  HostUnreachableError,
} from "../../provider/errors.ts";
import { createSshPool, type SshPool } from "../../provider/remote/pool.ts";
import type { ConnectionArgs } from "../../provider/schema/connection.ts";
import { generateKey } from "../support/ssh-key.ts";
import { type Sshd, type SshdOptions, startSshd } from "../support/sshd.ts";
import { connectionTo, failureOf } from "./connection-to.ts";

const SOON = { timeoutMs: 30_000 };
const OPS_KEY = generateKey();

let bastion: Sshd;
let inner: Sshd;
let host: Sshd;
const started: Sshd[] = [];
const start = async (options: SshdOptions): Promise<Sshd> => {
  const sshd = await startSshd(options);
  started.push(sshd);
  return sshd;
};

beforeAll(async () => {
  [bastion, inner, host] = await Promise.all([
    startSshd({
      accounts: [{ name: "ops", password: "of-the-bastion" }],
      authorizedKeys: [OPS_KEY.publicKey],
    }),
    startSshd({ hostKeys: [generateKey()] }),
    startSshd({ hostKeys: [generateKey()] }),
  ]);
});
afterAll(() => Promise.all([bastion, inner, host].map((one) => one.stop())));

let pool: SshPool;
beforeEach(() => {
  pool = createSshPool();
  for (const one of [bastion, inner, host]) one.resetCounts();
});
afterEach(async () => {
  await pool.closeAll();
  await Promise.all(started.splice(0).map((sshd) => sshd.stop()));
});

/** What a user writes of a jump host. */
const proxyTo = (sshd: Sshd, changes: Partial<ConnectionArgs> = {}): ConnectionArgs => ({
  host: sshd.host,
  port: sshd.port,
  privateKey: sshd.clientKey,
  hostKey: sshd.hostKey,
  dialErrorLimit: 1,
  ...changes,
});

const through = (proxy: ConnectionArgs, target = host, changes: Partial<ConnectionArgs> = {}) =>
  pool.executor(connectionTo(target, { dialErrorLimit: 1, proxy, ...changes }));

const echo = { argv: ["echo", "here"] };
const nameOf = (sshd: Sshd): string => `root@${sshd.host}:${sshd.port}`;
const failureThrough = (...way: Parameters<typeof through>) => failureOf(through(...way).run(echo, SOON));
const codeOf = (error: Error): string | undefined => (error as HostUnreachableError).problem?.code;

describe("a host behind jump hosts", () => {
  test("runs commands through one jump host, which opens no session", async () => {
    expect((await through(proxyTo(bastion)).run(echo, SOON)).stdout).toBe("here\n");
    expect(bastion.counts()).toEqual({ connections: 1, execs: 0 });
    expect(host.counts()).toEqual({ connections: 1, execs: 1 });
  });

  test("runs commands through a chain, each jump host with its own user and credentials", async () => {
    const outer = proxyTo(bastion, { user: "ops", privateKey: OPS_KEY.privateKey });
    const executor = through(proxyTo(inner, { proxy: outer }));
    expect((await executor.run(echo, SOON)).stdout).toBe("here\n");
    expect(bastion.log()).toContain("Accepted publickey for ops");
    for (const jump of [bastion, inner]) expect(jump.counts()).toEqual({ connections: 1, execs: 0 });
  });

  test("logs in to a jump host with a password", async () => {
    const proxy = proxyTo(bastion, { user: "ops", privateKey: undefined, password: "of-the-bastion" });
    expect((await through(proxy).run(echo, SOON)).stdout).toBe("here\n");
  });

  test("carries large output through the jump host", async () => {
    const size = 5_000_000;
    const { stdout } = await through(proxyTo(bastion)).run(
      { script: `head -c ${size} /dev/zero | tr '\\0' x` },
      SOON,
    );
    expect(stdout.length).toBe(size);
  });

  test("shares one connection to the jump host with all others behind it, whatever MaxSessions says", async () => {
    const narrow = await start({ config: ["MaxSessions 1"] });
    const hosts = await Promise.all(
      Array.from({ length: 16 }, (_, index) => start({ address: `127.0.1.${index + 1}` })),
    );
    const outputs = await Promise.all(
      hosts.flatMap((target) => {
        const executor = through(proxyTo(narrow), target);
        return [executor.run(echo, SOON), executor.run(echo, SOON)];
      }),
    );
    expect(new Set(outputs.map(({ stdout }) => stdout))).toEqual(new Set(["here\n"]));
    expect(narrow.counts()).toEqual({ connections: 1, execs: 0 });
    for (const one of hosts) expect(one.counts()).toEqual({ connections: 1, execs: 2 });
  });

  test("leaves the jump host with the last executor that goes through it", async () => {
    const [first, second] = [through(proxyTo(bastion)), through(proxyTo(bastion), inner)];
    await Promise.all([first.run(echo, SOON), second.run(echo, SOON)]);
    const left = () => bastion.log().match(/Disconnected from user root/g)?.length ?? 0;
    const before = left();
    await first.close();
    expect((await second.run(echo, SOON)).stdout).toBe("here\n");
    expect(left()).toBe(before);
    await second.close();
    await expect.poll(left).toBe(before + 1);
    expect(bastion.counts().connections).toBe(1);
  });

  test("leaves the jump host when nothing has gone through it for a while", async () => {
    await pool.closeAll();
    pool = createSshPool({ idleMs: 50 });
    await through(proxyTo(bastion)).run(echo, SOON);
    const log = bastion.log().length;
    await expect
      .poll(() => bastion.log().slice(log), { timeout: 5000 })
      .toContain("Disconnected from user root");
    expect((await through(proxyTo(bastion)).run(echo, SOON)).stdout).toBe("here\n");
    expect(bastion.counts().connections).toBe(2);
  });
});

describe("a jump host that does not forward", () => {
  test("because forwarding is forbidden", async () => {
    const strict = await start({ config: ["AllowTcpForwarding no"] });
    const error = await failureThrough(proxyTo(strict), host, { dialErrorLimit: 3 });
    expect(error).toBeInstanceOf(HostUnreachableError);
    expect(codeOf(error)).toBe("forwarding-forbidden");
    expect(error.message).toBe(
      `cannot reach ${nameOf(host)}: the jump host ${nameOf(strict)} does not allow forwarding to ${host.host}:${host.port}; check AllowTcpForwarding and PermitOpen in its sshd_config, and the options of the key in authorized_keys`,
    );
  });

  test("because PermitOpen has other hosts only", async () => {
    const strict = await start({ config: [`PermitOpen ${inner.host}:${inner.port}`] });
    expect(codeOf(await failureThrough(proxyTo(strict)))).toBe("forwarding-forbidden");
    await through(proxyTo(strict), inner).run(echo, SOON);
    expect(codeOf(await failureThrough(proxyTo(strict)))).toBe("address-not-permitted");
    expect(strict.counts().connections).toBe(1);
  });

  test("because the host behind it refuses the connection", async () => {
    const gone = await startSshd();
    await gone.stop();
    const error = await failureThrough(proxyTo(bastion), gone, { dialErrorLimit: 2 });
    expect(error.message).toBe(
      `cannot reach ${nameOf(gone)}: the jump host ${nameOf(bastion)} cannot connect to ${gone.host}:${gone.port}: connection refused (tried 2 times)`,
    );
    expect(codeOf(error)).toBe("jump-connection-refused");
    expect(bastion.counts().connections).toBe(1);
  });

  test("because it does not know the name of the host", async () => {
    const error = await failureThrough(proxyTo(bastion), host, {
      host: "no-such-host.invalid",
      hostKey: undefined,
      hostKeyChecking: "off",
    });
    expect(codeOf(error)).toBe("jump-name-unknown");
  });

  test("because it cannot be reached itself, which only its own limits try again", async () => {
    const gone = await startSshd();
    await gone.stop();
    const error = await failureThrough(proxyTo(gone, { dialErrorLimit: 2 }), host, { dialErrorLimit: 5 });
    expect(error).toBeInstanceOf(HostUnreachableError);
    expect(error.message).toBe(
      `cannot reach the jump host ${nameOf(gone)}: connection refused (tried 2 times)`,
    );
  });

  test("because it does not let us in", async () => {
    const error = await failureThrough(proxyTo(bastion, { privateKey: generateKey().privateKey }));
    expect(error).toBeInstanceOf(AuthenticationError);
    expect(error.message).toMatch(
      `cannot log in to the jump host ${nameOf(bastion)}: the server did not accept the private key for user "root"`,
    );
    expect(bastion.counts().connections).toBe(0);
  });
});

test("MaxStartups of the host behind a jump host is named", async () => {
  const busy = await start({ config: ["MaxStartups 1:100:1"] });
  const silent = connect(busy.port, busy.host);
  try {
    await new Promise((resolve) => silent.once("data", resolve));
    const error = await failureThrough(proxyTo(bastion), busy);
    expect(codeOf(error)).toBe("too-many-startups");
    expect(error.message).toContain(`cannot reach ${nameOf(busy)}: `);
  } finally {
    silent.destroy();
  }
});

describe("host keys", () => {
  test("of the host behind a jump host are checked against the name of the host", async () => {
    const error = await failureThrough(proxyTo(bastion), host, { hostKey: bastion.hostKey });
    expect(error).toBeInstanceOf(HostKeyError);
    expect(error.message).toMatch(`${nameOf(host)} presented host key`);
    const named = `[${host.host}]:${host.port} ${host.hostKey}`;
    expect((await through(proxyTo(bastion), host, { hostKey: named }).run(echo, SOON)).stdout).toBe("here\n");
  });

  test("of a jump host are checked before anything is sent through it", async () => {
    const error = await failureThrough(proxyTo(bastion, { hostKey: host.hostKey }));
    expect(error).toBeInstanceOf(HostKeyError);
    expect(error.message).toMatch(`the jump host ${nameOf(bastion)} presented host key`);
    expect(host.counts().connections).toBe(0);
  });

  test("of a jump host that cannot be used are named by their property", async () => {
    const error = await failureThrough(proxyTo(inner, { proxy: proxyTo(bastion, { hostKey: "mistake" }) }));
    expect(error.message).toMatch(
      `connection.proxy.proxy.hostKey of the jump host ${nameOf(bastion)} is not a public key`,
    );
  });
});

describe("a jump host that fails while commands run", () => {
  test("is the cause that every host behind it names, and is dialled again", async () => {
    const executors = [through(proxyTo(bastion)), through(proxyTo(bastion), inner)];
    const running = executors.map((one) => failureOf(one.run({ script: "echo begun >&2; sleep 60" }, SOON)));
    await expect.poll(() => host.counts().execs + inner.counts().execs).toBe(2);
    bastion.signalConnections("SIGKILL");
    for (const error of await Promise.all(running)) {
      expect(error).toBeInstanceOf(ConnectionLostError);
      expect(error.message).toContain(`: the connection to the jump host ${nameOf(bastion)} broke`);
      expect(codeOf(error)).toBe("jump-connection-lost");
    }
    for (const one of executors) expect((await one.run(echo, SOON)).stdout).toBe("here\n");
    expect(bastion.counts().connections).toBe(2);
  });

  test("is the cause also for those behind a second jump host", async () => {
    const executor = through(proxyTo(inner, { proxy: proxyTo(bastion) }));
    const running = failureOf(executor.run({ script: "sleep 60" }, SOON));
    await expect.poll(() => host.counts().execs).toBe(1);
    bastion.signalConnections("SIGKILL");
    expect((await running).message).toContain(`: the connection to the jump host ${nameOf(bastion)} broke`);
  });

  test("ends what is held through it", async () => {
    const held = await through(proxyTo(bastion)).hold({ script: "echo held; cat" }, SOON);
    expect(await held.ready).toBe("held");
    bastion.signalConnections("SIGKILL");
    await held.ended;
  });

  test("is replaced when it does not answer any more", async () => {
    const executor = through(proxyTo(bastion), host, { perDialTimeout: 1, dialErrorLimit: 2 });
    await executor.run(echo, SOON);
    bastion.signalConnections("SIGSTOP");
    // The host behind it is given up first.
    const error = await failureOf(executor.run(echo, SOON));
    expect(error).toMatchObject({ code: "connection-lost", state: "unanswered" });
    expect((await executor.run(echo, SOON)).stdout).toBe("here\n");
    expect(bastion.counts().connections).toBe(2);
    bastion.signalConnections("SIGCONT");
  });
});

test("a caller that gives up ends the dial to the jump host", async () => {
  const gone = await startSshd();
  await gone.stop();
  const controller = new AbortController();
  const executor = through(proxyTo(gone, { dialErrorLimit: 100 }));
  const running = failureOf(executor.run(echo, { ...SOON, signal: controller.signal }));
  controller.abort(new Error("enough"));
  expect((await running).message).toBe("enough");
  const bounded = failureOf(executor.run(echo, { ...SOON, deadline: performance.now() + 200 }));
  expect((await bounded).message).toMatch(/^not within 0\.[12]/);
});

import { type AddressInfo, createServer, type Server, type Socket } from "node:net";

import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { AuthenticationError, HostUnreachableError } from "../../provider/errors.ts";
import { createSshPool, type SshPool } from "../../provider/remote/pool.ts";
import { delayAfter, dial } from "../../provider/remote/ssh/dial.ts";
import { connectionSchema } from "../../provider/schema/connection.ts";
import { generateKey } from "../support/ssh-key.ts";
import { startSshd } from "../support/sshd.ts";
import { connectionTo, failureOf } from "./connection-to.ts";

const NEVER = new AbortController().signal;
const refused = (): Promise<never> => Promise.reject(new HostUnreachableError("gpu1", "connection refused"));

let pool: SshPool;
beforeEach(() => {
  pool = createSshPool();
});
afterEach(() => pool.closeAll());

async function failureAt(
  port: number,
  changes: { dialErrorLimit?: number; perDialTimeout?: number; host?: string },
) {
  const connection = connectionSchema.parse({
    host: "127.0.0.1",
    port,
    privateKey: generateKey().privateKey,
    hostKeyChecking: "off",
    dialErrorLimit: 1,
    ...changes,
  });
  const error = await failureOf(pool.executor(connection).run({ argv: ["true"] }, { timeoutMs: 1000 }));
  expect(error).toBeInstanceOf(HostUnreachableError);
  return error.message;
}

/** A server that is not SSH. */
async function withServer(onConnection: (socket: Socket) => void, work: (port: number) => Promise<void>) {
  const open = new Set<Socket>();
  const server: Server = createServer((socket) => {
    open.add(socket.on("error", () => {}));
    onConnection(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    await work((server.address() as AddressInfo).port);
  } finally {
    for (const socket of open) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  }
}

describe("dial", () => {
  test("tries again as long as the host does not answer", async () => {
    let made = 0;
    const value = await dial(
      3,
      async () => {
        if (++made < 3) throw new HostUnreachableError("gpu1", "connection refused");
        return "connected";
      },
      NEVER,
    );
    expect(value).toBe("connected");
    expect(made).toBe(3);
  });

  test("says how often it tried", async () => {
    const error = await failureOf(dial(2, refused, NEVER));
    expect(error).toBeInstanceOf(HostUnreachableError);
    expect(error.message).toBe("cannot reach gpu1: connection refused (tried 2 times)");
  });

  test("does not try again after a refused login", async () => {
    let made = 0;
    const attempt = () => {
      made++;
      return Promise.reject(new AuthenticationError("gpu1", "no"));
    };
    expect(await failureOf(dial(5, attempt, NEVER))).toBeInstanceOf(AuthenticationError);
    expect(made).toBe(1);
  });

  test("waits longer each time, up to ten seconds", () => {
    expect([1, 2, 3, 4, 5, 6, 7].map(delayAfter)).toEqual([500, 1000, 2000, 4000, 8000, 10_000, 10_000]);
  });

  test("stops waiting when the signal fires", async () => {
    const controller = new AbortController();
    const dialling = failureOf(dial(100, refused, controller.signal));
    controller.abort(new Error("enough"));
    expect((await dialling).message).toBe("enough");
  });
});

describe("a host that cannot be reached", () => {
  test("because nothing listens", async () => {
    let port = 0;
    await withServer(
      () => {},
      async (free) => {
        port = free;
      },
    );
    expect(await failureAt(port, {})).toBe(`cannot reach root@127.0.0.1:${port}: connection refused`);
  });

  test("because its name is not known", async () => {
    expect(await failureAt(22, { host: "no-such-host.invalid" })).toMatch(
      /^cannot reach root@no-such-host\.invalid: (its name does not resolve in DNS|DNS does not answer)$/,
    );
  });

  test("because it sends nothing", async () => {
    await withServer(
      () => {},
      async (port) => {
        const started = performance.now();
        expect(await failureAt(port, { perDialTimeout: 1 })).toBe(
          `cannot reach root@127.0.0.1:${port}: the host accepted the connection but did not finish the handshake within 1 s`,
        );
        expect(performance.now() - started).toBeLessThan(3000);
      },
    );
  });

  test("because it closes the connection at once, as often as we try", async () => {
    let connections = 0;
    await withServer(
      (socket) => {
        connections++;
        socket.end();
      },
      async (port) => {
        expect(await failureAt(port, { dialErrorLimit: 2 })).toBe(
          `cannot reach root@127.0.0.1:${port}: the server closed the connection before it sent an SSH identification (tried 2 times)`,
        );
        expect(connections).toBe(2);
      },
    );
  });

  test("because it resets the connection", async () => {
    await withServer(
      (socket) => socket.resetAndDestroy(),
      async (port) => {
        expect(await failureAt(port, {})).toMatch(/the host reset the connection|closed the connection/);
      },
    );
  });

  test("because it closes the connection in the middle of the handshake", async () => {
    await withServer(
      (socket) => {
        socket.write("SSH-2.0-OpenSSH_9.2\r\n");
        socket.once("data", () => setTimeout(() => socket.end(), 50));
      },
      async (port) => {
        expect(await failureAt(port, {})).toBe(
          `cannot reach root@127.0.0.1:${port}: the server closed the connection during the handshake`,
        );
      },
    );
  });

  test("because it speaks another language", async () => {
    await withServer(
      (socket) => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n"),
      async (port) => {
        expect(await failureAt(port, {})).toMatch(/^cannot reach root@127\.0\.0\.1:\d+: /);
      },
    );
  });

  test("because its server and this client have no algorithm in common", async () => {
    const old = await startSshd({ config: ["Ciphers aes256-cbc"] });
    try {
      expect(await failureAt(old.port, {})).toContain("its SSH server and this client share no C->S cipher");
    } finally {
      await old.stop();
    }
  });
});

test("a dial ends when everything is closed, and when its caller gives up it goes on for others", async () => {
  let connections = 0;
  await withServer(
    () => connections++,
    async (port) => {
      const connection = connectionSchema.parse({
        host: "127.0.0.1",
        port,
        password: "x",
        hostKeyChecking: "off",
      });
      const controller = new AbortController();
      const executor = pool.executor(connection);
      const impatient = failureOf(
        executor.run({ argv: ["true"] }, { timeoutMs: 1000, signal: controller.signal }),
      );
      const patient = failureOf(executor.run({ argv: ["true"] }, { timeoutMs: 1000 }));
      await expect.poll(() => connections).toBe(1);
      controller.abort(new Error("enough"));
      expect((await impatient).message).toBe("enough");
      await pool.closeAll();
      expect((await patient).message).toBe(`the connection to root@127.0.0.1:${port} was closed`);
      expect(connections).toBe(1);
    },
  );
});

test("a host that comes up while we try is reached", async () => {
  const first = await startSshd();
  const { port } = first;
  await first.stop();
  const executor = pool.executor(connectionTo(first, { dialErrorLimit: 10 }));
  const command = executor.run({ argv: ["echo", "up"] }, { timeoutMs: 10_000 });
  const second = await startSshd({ port });
  try {
    expect((await command).stdout).toBe("up\n");
  } finally {
    await pool.closeAll();
    await second.stop();
  }
});

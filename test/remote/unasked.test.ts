import { afterEach, describe, expect, test } from "vitest";

import type { CommandResult } from "../../provider/remote/executor.ts";
import type { ConnectionArgs } from "../../provider/schema/connection.ts";
import { failureOf } from "./connection-to.ts";
import { type Oddity, runSh, type ScriptedServer, startScripted } from "./scripted-server.ts";

let server: ScriptedServer | undefined;
afterEach(async () => {
  await server?.stop();
  server = undefined;
});

const run = async (oddity: Oddity, changes: Partial<ConnectionArgs> = {}): Promise<CommandResult> => {
  server = await startScripted(oddity);
  return await server
    .executor({ perDialTimeout: 20, ...changes })
    .run({ argv: ["echo", "here"] }, { timeoutMs: 20_000 });
};

/** SSH_MSG_IGNORE: a server may send it at any time, and nobody has to do anything. */
const ignored = Buffer.concat([Buffer.from([2, 0, 0, 0x75, 0x30]), Buffer.alloc(30_000)]);

const asks: Oddity["exec"] = (channel, id, client) => {
  for (let count = 0; count < 100; count++) client.wire.ping();
  client.wire.channelSuccess(id);
  client.wire.channelFailure(id);
  client.send(ignored);
  runSh(channel);
};

const floodsLogin: Oddity["login"] = (_context, client) => {
  for (let count = 0; count < 50; count++) client.send(ignored);
};

const floodsCommand: Oddity["exec"] = (_channel, _id, client) => {
  for (let count = 0; count < 250; count++) client.send(ignored);
};

const exchangesKeys: Oddity["exec"] = (_channel, _id, client) => {
  const again = (): void => {
    client.side.rekey(again);
  };
  again();
};

describe("data that no command asked for", () => {
  test("may be asked and opened by the server, and changes nothing", async () => {
    expect((await run({ exec: asks })).stdout).toBe("here\n");
  });

  test("ends the login when it is more than 1 MiB, and is not tried again", async () => {
    const error = await failureOf(run({ login: floodsLogin }, { dialErrorLimit: 3 }));
    expect(error).toMatchObject({ code: "host-unreachable", problem: { code: "too-much-before-login" } });
    expect(server?.connections()).toBe(1);
  });

  test("ends the connection when it is more than 4 MiB", async () => {
    expect(await failureOf(run({ exec: floodsCommand }))).toMatchObject({
      code: "connection-lost",
      problem: { code: "too-much-unasked" },
    });
  });

  test("ends the connection when it is one key exchange after the other", async () => {
    expect(await failureOf(run({ exec: exchangesKeys }))).toMatchObject({
      problem: { code: "too-many-key-exchanges" },
    });
  });

  test.each(["zlib", "zlib@openssh.com"] as const)("is not unpacked: %s", async (compress) => {
    expect(await failureOf(run({ config: { algorithms: { compress: [compress] } } }))).toMatchObject({
      problem: { code: "no-common-algorithm" },
    });
  });

  test("is not computed with a prime that the server chooses", async () => {
    const kex = ["diffie-hellman-group-exchange-sha256"] as const;
    expect(await failureOf(run({ config: { algorithms: { kex: [...kex] } } }))).toMatchObject({
      problem: { code: "no-common-algorithm" },
    });
  });
});

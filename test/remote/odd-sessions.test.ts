import { describe, expect, test } from "vitest";

import type { CommandResult } from "../../provider/remote/executor.ts";
import { failureOf } from "./connection-to.ts";
import { type Oddity, runSh, type ScriptedServer, startScripted } from "./scripted-server.ts";

const echo = { argv: ["echo", "here"] };

async function withServer<T>(oddity: Oddity, work: (server: ScriptedServer) => Promise<T>): Promise<T> {
  const server = await startScripted(oddity);
  try {
    return await work(server);
  } finally {
    await server.stop();
  }
}

const run = (oddity: Oddity): Promise<CommandResult> =>
  withServer(oddity, (server) => server.executor({ perDialTimeout: 4 }).run(echo, { timeoutMs: 20_000 }));

/** What a server does when sh has ended. */
const noStatus: Oddity["exec"] = (channel) => runSh(channel, undefined, undefined, () => channel.close());
const noClose: Oddity["exec"] = (channel) =>
  runSh(channel, undefined, undefined, (code) => channel.exit(code));

// Side by side: most of them wait for a server that never answers.
describe.concurrent("a command that does not begin", () => {
  test.each<[string, Oddity, object]>([
    [
      "a session that is never opened",
      { session: () => {} },
      { code: "connection-lost", state: "unanswered" },
    ],
    [
      "a session that is refused",
      { session: (_accept, reject) => reject() },
      { problem: { code: "no-session" } },
    ],
    [
      "a command that is never answered",
      {
        session: (accept) => void accept().on("exec", () => {}),
      },
      { code: "connection-lost", state: "unanswered" },
    ],
    ["a shell that never says anything", { exec: () => {} }, { code: "login-shell" }],
    ["a channel that is closed at once", { exec: (channel) => channel.close() }, { code: "login-shell" }],
    ["a stream that ends at once", { exec: (channel) => channel.end() }, { code: "login-shell" }],
    [
      "an exit status and nothing else",
      {
        exec: (channel) => {
          channel.exit(0);
          channel.close();
        },
      },
      { code: "login-shell" },
    ],
    [
      "a shell that is killed",
      {
        exec: (channel) => {
          channel.exit("KILL", false, "killed");
          channel.close();
        },
      },
      { code: "login-shell" },
    ],
    [
      "an answer on stderr alone",
      {
        exec: (channel) => {
          channel.stdin.on("data", () => channel.stderr.write("no\n"));
        },
      },
      { code: "login-shell" },
    ],
    [
      "a server that leaves, with its reason",
      { exec: (channel, _id, client) => void channel.stdin.once("data", () => client.wire.disconnect(11)) },
      { code: "connection-lost", state: "not-begun" },
    ],
    [
      "a server that leaves in an error",
      { exec: (channel, _id, client) => void channel.stdin.once("data", () => client.wire.disconnect(2)) },
      { state: "not-begun", problem: { code: "connection-ended", data: { detail: "PROTOCOL_ERROR" } } },
    ],
    [
      "a connection that is dropped",
      { exec: (channel, _id, client) => void channel.stdin.once("data", () => client.drop()) },
      { code: "connection-lost", state: "not-begun" },
    ],
    ["a window of nothing", { connected: confirming({ window: 0 }) }, { code: "login-shell" }],
  ])("is told by its cause: %s", async (_what, oddity, expected) => {
    expect(await failureOf(run(oddity))).toMatchObject(expected);
  });

  test.each([0, 1, 1023])("costs nothing where the server takes packets of %i bytes", async (packetSize) => {
    // To write into packets that hold nothing takes the library for ever, and the thread with it.
    expect(await failureOf(run({ connected: confirming({ packetSize }) }))).toMatchObject({
      code: "connection-lost",
      problem: { code: "packets-too-small", data: { bytes: packetSize } },
    });
  });
});

/** Opens every channel with these bounds. */
function confirming({ window = 2 ** 21, packetSize = 2 ** 15 }): Oddity["connected"] {
  return ({ wire }) => {
    const confirm = wire.channelOpenConfirm.bind(wire);
    wire.channelOpenConfirm = (theirs, ours) => confirm(theirs, ours, window, packetSize);
  };
}

describe("a command that ends oddly", () => {
  test("has the status that sh said, where the server tells none", async () => {
    const exec = noStatus;
    expect(await run({ exec })).toEqual({ stdout: "here\n", stderr: "", code: 0 });
  });

  test("is not waited for where the server never closes its channel", async () => {
    const exec = noClose;
    expect((await run({ exec })).stdout).toBe("here\n");
  });

  test("is not called a broken connection where the server ends it without a status", async () => {
    await withServer({ exec: noStatus }, async (server) => {
      const killed = server.executor().run({ script: "kill -9 $$" }, { timeoutMs: 20_000 });
      expect(await failureOf(killed)).toMatchObject({ code: "connection-lost", state: "ended" });
      expect((await server.executor().run(echo, { timeoutMs: 20_000 })).stdout).toBe("here\n");
    });
  });

  test.each<[string, NonNullable<Oddity["exec"]>]>([
    [
      "more output behind the end",
      (_channel, id, { wire }) => {
        wire.channelEOF(id);
        wire.channelData(id, Buffer.from("late"));
        wire.channelExtData(id, Buffer.from("late"), 1);
        wire.channelClose(id);
      },
    ],
    [
      "two ends",
      (_channel, id, { wire }) => {
        for (const end of ["channelEOF", "channelEOF", "channelClose", "channelClose"] as const)
          wire[end](id);
      },
    ],
    [
      "three statuses",
      (_channel, id, { wire }) => {
        for (const code of [0, 1, 2]) wire.exitStatus(id, code);
        wire.channelClose(id);
      },
    ],
  ])("is an error and no crash: %s", async (_what, exec) => {
    expect(await failureOf(run({ exec }))).toMatchObject({ code: "login-shell" });
  });
});

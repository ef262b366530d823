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

const PASSWORD = "correct horse";
const echo = { argv: ["echo", "here"] };

const run = async (
  oddity: Oddity,
  changes: Partial<ConnectionArgs> = {},
  timeoutMs = 10_000,
): Promise<CommandResult> => {
  server = await startScripted(oddity);
  return await server.executor({ perDialTimeout: 1, ...changes }).run(echo, { timeoutMs });
};

const withPassword = { privateKey: undefined, password: PASSWORD } as never;

/** Asks for the password, then for each of these; notes what was answered. */
const asking =
  (prompts: readonly string[], answers: string[]): Oddity["login"] =>
  (context) => {
    if (context.method !== "keyboard-interactive") return context.reject(["keyboard-interactive"]);
    const ask = (left: readonly string[]): void => {
      const [prompt, ...rest] = left;
      if (prompt === undefined) return context.accept();
      context.prompt([{ prompt, echo: false }], (given) => {
        answers.push(...given);
        ask(rest);
      });
    };
    ask(["Password: ", ...prompts]);
  };

describe("a login that cannot be done", () => {
  test("names a second question, and does not answer it with the password", async () => {
    const answers: string[] = [];
    const error = await failureOf(run({ login: asking(["Verification code: "], answers) }, withPassword));
    expect(error).toMatchObject({
      code: "authentication",
      problem: { code: "prompt-unanswered", data: { prompt: "Verification code:" } },
    });
    expect(answers).toEqual([PASSWORD]);
  });

  test("names a password that has run out, and does not type the old one as the new one", async () => {
    const answers: string[] = [];
    const login = asking(["New password: ", "Retype new password: "], answers);
    const error = await failureOf(run({ login }, withPassword));
    expect(error).toMatchObject({ problem: { code: "password-expired" } });
    expect(answers).toEqual([PASSWORD]);
  });

  test("names a password that has run out where the server asks by the protocol's own message", async () => {
    const login: Oddity["login"] = (context) =>
      context.method === "password"
        ? context.requestChange("Choose another", () => context.reject())
        : context.reject(["password"]);
    const error = await failureOf(run({ login }, withPassword));
    expect(error).toMatchObject({
      problem: { code: "password-expired", data: { prompt: "Choose another" } },
    });
  });

  test("ends although the server asks for ever", async () => {
    const endless: Oddity["login"] = (context) => {
      if (context.method !== "keyboard-interactive") return context.reject(["keyboard-interactive"]);
      const again = (): void => context.prompt([{ prompt: "Password: ", echo: false }], again);
      again();
    };
    const error = await failureOf(run({ login: endless }, withPassword));
    expect(error).toMatchObject({ problem: { code: "prompt-unanswered" } });
  });

  test("says that the key was accepted and what is wanted besides", async () => {
    const error = await failureOf(
      run({ login: (context) => context.reject(["keyboard-interactive"], true) }),
    );
    expect(error).toMatchObject({
      problem: {
        code: "more-wanted",
        data: { accepted: ["the private key"], offered: ["keyboard-interactive"] },
      },
    });
  });

  test.each([
    ["never answers", (() => {}) as Oddity["login"], "stage-too-slow"],
    [
      "leaves with a reason",
      ((_context, client) => client.wire.disconnect(2)) as Oddity["login"],
      "protocol-error",
    ],
    ["drops the connection", ((_context, client) => client.drop()) as Oddity["login"], "closed-in-stage"],
  ])("is told by its cause: the server %s", async (_what, login, code) => {
    expect(await failureOf(run({ login }))).toMatchObject({
      code: "host-unreachable",
      problem: { code },
    });
  });
});

describe("a command that does not begin", () => {
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
    const exec: Oddity["exec"] = (channel) => runSh(channel, undefined, undefined, () => channel.close());
    expect(await run({ exec })).toEqual({ stdout: "here\n", stderr: "", code: 0 });
  });

  test("is not waited for where the server never closes its channel", async () => {
    const exec: Oddity["exec"] = (channel) =>
      runSh(channel, undefined, undefined, (code) => channel.exit(code));
    expect((await run({ exec })).stdout).toBe("here\n");
  });

  test("is not called a broken connection where the server ends it without a status", async () => {
    const exec: Oddity["exec"] = (channel) => runSh(channel, undefined, undefined, () => channel.close());
    server = await startScripted({ exec });
    const killed = server.executor().run({ script: "kill -9 $$" }, { timeoutMs: 10_000 });
    expect(await failureOf(killed)).toMatchObject({ code: "connection-lost", state: "ended" });
    expect((await server.executor().run(echo, { timeoutMs: 10_000 })).stdout).toBe("here\n");
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
        for (const end of [wire.channelEOF, wire.channelEOF, wire.channelClose, wire.channelClose])
          end.call(wire, id);
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

describe("what nobody asked for", () => {
  const NOTHING = Buffer.alloc(30_000);
  const ignored = Buffer.concat([Buffer.from([2, 0, 0, 0x75, 0x30]), NOTHING]);

  test("may be asked and opened by the server, and changes nothing", async () => {
    const exec: Oddity["exec"] = (channel, id, client) => {
      for (let count = 0; count < 100; count++) client.wire.ping();
      client.wire.channelSuccess(id);
      client.wire.channelFailure(id);
      client.send(ignored);
      runSh(channel);
    };
    expect((await run({ exec })).stdout).toBe("here\n");
  });

  test("ends the login when it is more than 1 MiB, and is not tried again", async () => {
    const login: Oddity["login"] = (_context, client) => {
      for (let count = 0; count < 50; count++) client.send(ignored);
    };
    const error = await failureOf(run({ login }, { dialErrorLimit: 3 }));
    expect(error).toMatchObject({ code: "host-unreachable", problem: { code: "too-much-before-login" } });
    expect(server?.connections()).toBe(1);
  });

  test("ends the connection when it is more than 4 MiB", async () => {
    const exec: Oddity["exec"] = (_channel, _id, client) => {
      for (let count = 0; count < 250; count++) client.send(ignored);
    };
    expect(await failureOf(run({ exec }))).toMatchObject({
      code: "connection-lost",
      problem: { code: "too-much-unasked" },
    });
  });

  test("ends the connection when it is one key exchange after the other", async () => {
    const exec: Oddity["exec"] = (_channel, _id, client) => {
      const again = (): void => void client.side.rekey(again);
      again();
    };
    expect(await failureOf(run({ exec }))).toMatchObject({ problem: { code: "too-many-key-exchanges" } });
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

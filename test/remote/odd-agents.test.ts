import { createServer, type Socket } from "node:net";
import { join } from "node:path";

import { afterAll, beforeAll, expect, test } from "vitest";

import { temporaryDirectory } from "../support/temporary-directory.ts";
import { failureOf } from "./connection-to.ts";
import { type ScriptedServer, startScripted } from "./scripted-server.ts";
import { testKey } from "./test-key.ts";

const { public: publicKey } = testKey();
const blob = Buffer.from(publicKey.split(" ")[1] ?? "", "base64");

const number = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
};
const message = (...parts: readonly Buffer[]): Buffer => {
  const body = Buffer.concat(parts);
  return Buffer.concat([number(body.length), body]);
};
const text = (value: Buffer): Buffer => message(value);

/** SSH_AGENT_FAILURE, and SSH_AGENT_IDENTITIES_ANSWER with one key. */
const FAILURE = message(Buffer.from([5]));
const ONE_KEY = message(Buffer.from([12]), number(1), text(blob), text(Buffer.from("key")));
const REQUEST_IDENTITIES = 11;

/** What an agent answers to a request of this kind; undefined: nothing. */
type Agent = (kind: number, socket: Socket) => Buffer | undefined;

let server: ScriptedServer;
let folder: string;
beforeAll(async () => {
  folder = temporaryDirectory("odd-agents");
  server = await startScripted({
    login: (context) => {
      // A key is welcome; without its signature the server says that it would take it.
      if (context.method === "publickey" && context.signature === undefined) context.accept();
      else context.reject(["publickey"]);
    },
  });
});
afterAll(() => server?.stop());
let made = 0;
/** @param work is given the path of its socket. */
async function withAgent<T>(answer: Agent, work: (path: string) => Promise<T>): Promise<T> {
  const path = join(folder, `agent-${++made}`);
  const open = new Set<Socket>();
  const agent = createServer((socket) => {
    open.add(socket.on("error", () => {}));
    socket.on("data", (bytes) => {
      const reply = answer(bytes[4] ?? 0, socket);
      if (reply !== undefined) socket.write(reply);
    });
  });
  await new Promise<void>((resolve) => agent.listen(path, resolve));
  try {
    return await work(path);
  } finally {
    for (const socket of open) socket.destroy();
    await new Promise((resolve) => agent.close(resolve));
  }
}

// Side by side: some of them wait for an agent that never answers.
test.concurrent.each<[string, Agent, string]>([
  ["never answers", () => undefined, "agent-or-server-slow"],
  [
    "ends every connection",
    (_kind, socket) => {
      socket.destroy();
      return undefined;
    },
    "agent-silent",
  ],
  ["refuses to name its keys", () => FAILURE, "agent-silent"],
  ["talks of something else", () => Buffer.from("HTTP/1.1 400 Bad Request\r\n\r\n"), "agent-or-server-slow"],
  ["refuses to sign", (kind) => (kind === REQUEST_IDENTITIES ? ONE_KEY : FAILURE), "agent-silent"],
  ["never signs", (kind) => (kind === REQUEST_IDENTITIES ? ONE_KEY : undefined), "agent-or-server-slow"],
  [
    "signs with nonsense",
    (kind) =>
      kind === REQUEST_IDENTITIES ? ONE_KEY : message(Buffer.from([14]), text(text(Buffer.from("x")))),
    "agent-silent",
  ],
])("an agent that %s is named as the cause", async (_what, answer, code) => {
  await withAgent(answer, async (agentSocketPath) => {
    const executor = server.executor({
      privateKey: undefined as never,
      agentSocketPath,
      perDialTimeout: 4,
    });
    const failure = await failureOf(executor.run({ argv: ["true"] }, { timeoutMs: 10_000 }));
    expect(failure).toMatchObject({ code: "authentication", problem: { code } });
    expect(failure.message).toContain(agentSocketPath);
  });
});

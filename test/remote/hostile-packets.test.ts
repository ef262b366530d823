import * as fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";

import { AmdGpuError } from "../../provider/errors.ts";
import { runs } from "../support/property-runs.ts";
import { type Client, runSh, startScripted } from "./scripted-server.ts";

/** Numbers of messages (RFC 4250, section 4.1.2), and two that nobody has. */
const MESSAGES = [
  1, 2, 3, 4, 5, 6, 7, 20, 21, 30, 31, 32, 33, 34, 50, 51, 52, 53, 60, 61, 62, 63, 64, 65, 66, 79, 80, 81, 82,
  90, 91, 92, 93, 94, 95, 96, 97, 98, 99, 100, 192, 255,
];
const WORDS = [
  "",
  "exit-status",
  "exit-signal",
  "session",
  "ssh-userauth",
  "publickey,password",
  "hostkeys-00@openssh.com",
  "keepalive@openssh.com",
  "forwarded-tcpip",
  "x11",
  "auth-agent@openssh.com",
  "xon-xoff",
  "KILL",
  "\u001B[2J",
];

const number = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
};
const text = (value: string | Buffer): Buffer =>
  Buffer.concat([number(Buffer.byteLength(value)), Buffer.from(value as string)]);

/** A message with fields that may or may not be the ones that belong to it. */
const packet = (): fc.Arbitrary<Buffer> => {
  const field = fc.oneof(
    fc.constantFrom(0, 1, 2, 2 ** 15, 2 ** 32 - 1).map(number),
    fc.constantFrom(...WORDS).map(text),
    fc.uint8Array({ maxLength: 20 }).map((bytes) => text(Buffer.from(bytes))),
    fc.uint8Array({ maxLength: 20 }).map((bytes) => Buffer.from(bytes)),
    fc.constantFrom(0, 1).map((value) => Buffer.from([value])),
  );
  return fc
    .tuple(fc.constantFrom(...MESSAGES), fc.array(field, { maxLength: 6 }))
    .map(([message, fields]) => Buffer.concat([Buffer.from([message]), ...fields]));
};

const STAGES = ["handshake", "login", "command", "answer"] as const;

const RUNS = runs(150);
/** A run ends when its connection or its command is given up: after a second each. */
const LONGEST_RUN_MS = 10_000;

const crashes: unknown[] = [];
const note = (error: unknown): void => void crashes.push(error);
beforeAll(() => {
  process.on("uncaughtException", note).on("unhandledRejection", note);
});
afterAll(() => {
  process.off("uncaughtException", note).off("unhandledRejection", note);
});

test(
  "a packet of a server at any time neither ends this process nor blocks it forever",
  async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...STAGES),
        fc.array(packet(), { minLength: 1, maxLength: 6 }),
        async (stage, packets) => {
          const strike = (client: Client): void => {
            for (const one of packets) client.send(one);
          };
          const server = await startScripted({
            connected: (client) => {
              if (stage === "handshake") client.side.on("handshake", () => strike(client));
            },
            login: (context, client) => {
              if (stage === "login") strike(client);
              context.accept();
            },
            exec: (channel, _id, client) => {
              if (stage === "command") strike(client);
              if (stage === "answer") channel.stdin.once("data", () => strike(client));
              runSh(channel);
            },
          });
          try {
            const answer = await server
              .executor({ perDialTimeout: 4 })
              .run({ argv: ["echo", "here"] }, { timeoutMs: 1000 })
              .catch((error: unknown) => error);
            // A host may say what it likes; an error is one of ours, and an answer is an answer.
            expect(
              answer instanceof Error ? answer instanceof AmdGpuError : "code" in (answer as object),
            ).toBe(true);
          } finally {
            await server.stop();
          }
          expect(crashes.splice(0)).toEqual([]);
        },
      ),
      { numRuns: RUNS, examples: [["login", [Buffer.from([53])]]] },
    );
  },
  RUNS * LONGEST_RUN_MS,
);

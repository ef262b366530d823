import { afterEach, describe, expect, test } from "vitest";

import type { ConnectionArgs } from "../../provider/schema/connection.ts";
import { failureOf } from "./connection-to.ts";
import { type Oddity, type ScriptedServer, startScripted } from "./scripted-server.ts";

let server: ScriptedServer | undefined;
afterEach(async () => {
  await server?.stop();
  server = undefined;
});

const PASSWORD = "correct horse";
const withPassword = { privateKey: undefined, password: PASSWORD } as never;

const run = async (login: Oddity["login"], changes: Partial<ConnectionArgs> = {}): Promise<unknown> => {
  server = await startScripted({ login });
  return await server
    .executor({ perDialTimeout: 4, ...changes })
    .run({ argv: ["echo", "here"] }, { timeoutMs: 10_000 });
};

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

const endless: Oddity["login"] = (context) => {
  if (context.method !== "keyboard-interactive") return context.reject(["keyboard-interactive"]);
  const again = (): void => context.prompt([{ prompt: "Password: ", echo: false }], again);
  again();
};

const changing: Oddity["login"] = (context) =>
  context.method === "password"
    ? context.requestChange("Choose another", () => context.reject())
    : context.reject(["password"]);

describe("a login that cannot be done", () => {
  test("names a second question, and does not answer it with the password", async () => {
    const answers: string[] = [];
    const error = await failureOf(run(asking(["Verification code: "], answers), withPassword));
    expect(error).toMatchObject({
      code: "authentication",
      problem: { code: "prompt-unanswered", data: { prompt: "Verification code:" } },
    });
    expect(answers).toEqual([PASSWORD]);
  });

  test("names a password that has run out, and does not type the old one as the new one", async () => {
    const answers: string[] = [];
    const login = asking(["New password: ", "Retype new password: "], answers);
    const error = await failureOf(run(login, withPassword));
    expect(error).toMatchObject({ problem: { code: "password-expired" } });
    expect(answers).toEqual([PASSWORD]);
  });

  test("names a password that has run out where the server asks by the protocol's own message", async () => {
    const error = await failureOf(run(changing, withPassword));
    expect(error).toMatchObject({
      problem: { code: "password-expired", data: { prompt: "Choose another" } },
    });
  });

  test("ends although the server asks for ever", async () => {
    const error = await failureOf(run(endless, withPassword));
    expect(error).toMatchObject({ problem: { code: "prompt-unanswered" } });
  });

  test("says that the key was accepted and what is wanted besides", async () => {
    const error = await failureOf(run((context) => context.reject(["keyboard-interactive"], true)));
    expect(error).toMatchObject({
      problem: {
        code: "more-wanted",
        data: { accepted: ["the private key"], offered: ["keyboard-interactive"] },
      },
    });
  });

  test.each<[string, NonNullable<Oddity["login"]>, string]>([
    ["never answers", () => {}, "stage-too-slow"],
    ["leaves with a reason", (_context, client) => client.wire.disconnect(2), "protocol-error"],
    ["drops the connection", (_context, client) => client.drop(), "closed-in-stage"],
  ])("is told by its cause: the server %s", async (_what, login, code) => {
    expect(await failureOf(run(login))).toMatchObject({
      code: "host-unreachable",
      problem: { code },
    });
  });
});

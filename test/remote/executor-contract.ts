import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";

import { assert, asyncProperty } from "fast-check";
import { describe, expect, test } from "vitest";

import { CommandEndedError, CommandTimeoutError, OutputTooLargeError } from "../../provider/errors.ts";
import type { Executor } from "../../provider/remote/executor.ts";
import { createMarks } from "../../provider/remote/shell/marks.ts";
import { runText } from "../../provider/remote/shell/shell-text.ts";
import { argument, argumentList, printArguments, printedArguments } from "./arguments.ts";
import { failureOf } from "./connection-to.ts";

const SOON = { timeoutMs: 30_000 };

const lockScript = (lock: string): string =>
  `exec 9>>${lock}; flock -n 9 || { echo busy; exit 0; }; echo locked; cat`;

/** What every executor promises, wherever its commands run. */
export function describeExecutor(
  name: string,
  executor: () => Executor,
  runs: { readonly numRuns: number },
): void {
  const sh = (script: string) => executor().run({ argv: ["sh", "-c", script] }, SOON);

  describe(`${name}: argv`, () => {
    test("arrives exactly as it was given", async () => {
      await assert(
        asyncProperty(argumentList(), async (args) => {
          const result = await executor().run({ argv: printArguments(args) }, SOON);
          expect(printedArguments(result.stdout)).toEqual(args);
        }),
        runs,
      );
    });

    test("needs at least a program", async () => {
      expect(await failureOf(executor().run({ argv: [] }, SOON))).toBeInstanceOf(TypeError);
    });
  });

  describe(`${name}: script`, () => {
    test("runs with its arguments, in the words of sh", async () => {
      const script = String.raw`count=$#; printf '%s|' "$count" "$@"`;
      const result = await executor().run({ script, args: ["a b", "-n", "it's"] }, SOON);
      expect(result).toEqual({ stdout: "3|a b|-n|it's|", stderr: "", code: 0 });
    });

    test("ends with the status of its last command", async () => {
      expect((await executor().run({ script: "true\n(exit 7)" }, SOON)).code).toBe(7);
      expect(await executor().run({ script: "exit 9\necho no" }, SOON)).toEqual({
        stdout: "",
        stderr: "",
        code: 9,
      });
      expect(await executor().run({ script: "set -e\nfalse\necho no" }, SOON)).toEqual({
        stdout: "",
        stderr: "",
        code: 1,
      });
      expect((await executor().run({ script: "" }, SOON)).code).toBe(0);
      expect((await executor().run({ script: "echo last # comment" }, SOON)).stdout).toBe("last\n");
    });

    test("is not eaten by a program in it that reads stdin", async () => {
      const result = await executor().run({ script: "cat; read -r line; echo after" }, SOON);
      expect(result.stdout).toBe("after\n");
    });

    test("may hold a here-document, and be longer than any command line", async () => {
      const text = "x".repeat(79);
      const lines = Array.from({ length: 4000 }, () => text).join("\n");
      const result = await executor().run({ script: `cat <<'END' | wc -c\n${lines}\nEND` }, SOON);
      expect(Number(result.stdout)).toBe(4000 * 80);
    });

    test("does nothing at all when only a part of it arrives", async () => {
      const marker = `/tmp/half-${randomUUID()}`;
      const script = `echo begun >${marker}\nsleep 1\necho end`;
      // What a broken connection leaves: the beginning of the text, and then the end of the file.
      const text = runText({ script }, createMarks());
      const half = text.slice(0, text.indexOf("sleep"));
      expect((await executor().run({ argv: ["sh"], stdin: half }, SOON)).code).not.toBe(0);
      expect((await sh(`test -e ${marker}`)).code).toBe(1);
    });
  });

  describe(`${name}: stdin`, () => {
    test("arrives whole", async () => {
      await assert(
        asyncProperty(argument(), async (stdin) => {
          expect((await executor().run({ argv: ["cat"], stdin }, SOON)).stdout).toBe(stdin);
        }),
        { numRuns: Math.ceil(runs.numRuns / 3) },
      );
    });

    test("arrives whole when it is large", async () => {
      const stdin = "0123456789abcdef".repeat(256 * 1024);
      const result = await executor().run({ argv: ["sha256sum"], stdin }, SOON);
      const { createHash } = await import("node:crypto");
      expect(result.stdout.split(" ")[0]).toBe(createHash("sha256").update(stdin).digest("hex"));
    });

    test("is empty when none is given", async () => {
      expect(await executor().run({ argv: ["cat"] }, SOON)).toEqual({ stdout: "", stderr: "", code: 0 });
    });

    test("may be left unread", async () => {
      const result = await executor().run({ argv: ["true"], stdin: "x".repeat(1024 * 1024) }, SOON);
      expect(result.code).toBe(0);
    });
  });

  describe(`${name}: result`, () => {
    test("keeps stdout, stderr and the exit status separate", async () => {
      expect(await sh("echo out; echo err >&2; exit 3")).toEqual({
        stdout: "out\n",
        stderr: "err\n",
        code: 3,
      });
    });

    test("of a program that is not there is status 127, as in a shell", async () => {
      const result = await executor().run({ argv: ["no-such-program-anywhere"] }, SOON);
      expect(result.code).toBe(127);
      expect(result.stderr).toContain("not found");
    });

    test("of a file that is no program is status 126, as in a shell", async () => {
      expect((await executor().run({ argv: ["/etc/passwd"] }, SOON)).code).toBe(126);
    });

    test.each([
      ["TERM", 143],
      ["KILL", 137],
      ["SEGV", 139],
    ])("of a program killed by SIG%s is 128 and the signal's number", async (signal, code) => {
      expect((await sh(`kill -${signal} $$`)).code).toBe(code);
    });

    test("holds megabytes, and characters that were cut in transport", async () => {
      const result = await sh("yes größe-日本語-🦙 | head -n 200000");
      expect(result.stdout).toBe("größe-日本語-🦙\n".repeat(200_000));
    });

    test("is an error when it is larger than anything we ask for", async () => {
      const error = await failureOf(executor().run({ argv: ["head", "-c", "20000000", "/dev/zero"] }, SOON));
      expect(error).toBeInstanceOf(OutputTooLargeError);
      expect(error.message).toBe(
        `head -c 20000000 /dev/zero on ${executor().target} exceeded the output limit of 16 MiB and was stopped`,
      );
      expect((await sh("echo still here")).stdout).toBe("still here\n");
    });
  });

  describe(`${name}: giving up`, () => {
    test("happens when the time is over, and the next command runs", async () => {
      const started = performance.now();
      const error = await failureOf(executor().run({ argv: ["sleep", "300"] }, { timeoutMs: 300 }));
      expect(performance.now() - started).toBeLessThan(5000);
      expect(error).toBeInstanceOf(CommandTimeoutError);
      expect(error.message).toBe(`sleep 300 on ${executor().target} timed out after 0.3 s`);
      expect((await sh("echo next")).stdout).toBe("next\n");
    });

    test("happens when the signal fires, with its reason", async () => {
      const controller = new AbortController();
      const running = executor().run({ argv: ["sleep", "300"] }, { ...SOON, signal: controller.signal });
      await sleep(200);
      controller.abort(new Error("the user pressed Ctrl-C"));
      expect((await failureOf(running)).message).toBe("the user pressed Ctrl-C");
    });

    test("happens before anything is done when the signal has fired already", async () => {
      const marker = `/tmp/aborted-${randomUUID()}`;
      const signal = AbortSignal.abort(new Error("too late"));
      const error = await failureOf(executor().run({ argv: ["touch", marker] }, { ...SOON, signal }));
      expect(error.message).toBe("too late");
      expect((await sh(`test -e ${marker}`)).code).toBe(1);
    });
  });

  describe(`${name}: hold`, () => {
    test("keeps a lock until it is released", async () => {
      const lock = `/tmp/lock-${randomUUID()}`;
      const held = await executor().hold({ argv: ["sh", "-c", lockScript(lock)] }, SOON);
      expect(await held.ready).toBe("locked");
      const second = await executor().hold({ argv: ["sh", "-c", lockScript(lock)] }, SOON);
      expect(await second.ready).toBe("busy");
      await second.release();
      await held.release();
      await held.ended;
      const third = await executor().hold({ script: lockScript(lock) }, SOON);
      expect(await third.ready).toBe("locked");
      await third.release();
      await sh(`rm ${lock}`);
    });

    test("says what went wrong when the command ends without a line", async () => {
      const held = await executor().hold({ argv: ["sh", "-c", "echo no right >&2; exit 5"] }, SOON);
      const error = await failureOf(held.ready);
      expect(error).toBeInstanceOf(CommandEndedError);
      expect(error).toMatchObject({ exitStatus: 5, stderr: "no right\n" });
      expect(error.message).toContain(
        `on ${executor().target} ended with status 5 before it was ready: no right`,
      );
      await held.ended;
      await held.release();
    });

    test("gives a silent command up after the time for its first line", async () => {
      const held = await executor().hold({ argv: ["sleep", "300"] }, { timeoutMs: 300 });
      expect(await failureOf(held.ready)).toBeInstanceOf(CommandTimeoutError);
      await held.ended;
    });

    test("has no time limit after the first line", async () => {
      const held = await executor().hold({ argv: ["sh", "-c", "echo ready; cat"] }, { timeoutMs: 500 });
      expect(await held.ready).toBe("ready");
      let over = false;
      void held.ended.then(() => (over = true));
      await sleep(1000);
      expect(over).toBe(false);
      await held.release();
    });

    test("ends by force a command that does not care about its stdin", async () => {
      const argv = ["sh", "-c", "echo ready; sleep 300"];
      const held = await executor().hold({ argv }, { timeoutMs: 1000 });
      expect(await held.ready).toBe("ready");
      const started = performance.now();
      await held.release();
      expect(performance.now() - started).toBeLessThan(10_000);
      expect((await sh("echo next")).stdout).toBe("next\n");
    });
  });
}

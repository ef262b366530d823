import * as fc from "fast-check";
import { describe, expect, test } from "vitest";

import { AmdGpuError, CommandEndedError } from "../provider/errors.ts";
import { defineMessages } from "../provider/message.ts";
import { excerpt, lastLine, plainLines, plainText } from "../provider/plain-text.ts";

/** Characters that a terminal, a log or Pulumi's engine would obey. */
const OBEYED = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]|<\{%/u;

const hostile = (): fc.Arbitrary<string> =>
  fc
    .array(
      fc.oneof(
        fc.string({ unit: "binary", maxLength: 6 }),
        fc.constantFrom(
          "\u001B]0;pwn\u0007",
          "\u001B[2J",
          "\n",
          "\r\n",
          "\u202E",
          "\u2066",
          "\u0085",
          "<{%reset%}>",
          "<<{%",
        ),
        fc.constantFrom("\uD800", "\uDC00", "\u{E0041}", "\u200B", "\uFEFF", "\u2028"),
      ),
      { maxLength: 12 },
    )
    .map((parts) => parts.join(""));

describe("text of a host", () => {
  test("has nothing left that a terminal, a log or the engine would obey", () => {
    fc.assert(
      fc.property(hostile(), (text) => {
        for (const plain of [plainText(text), excerpt(text), lastLine(text)])
          expect(plain).not.toMatch(OBEYED);
        for (const line of plainLines(text).split(/[\n\t]/)) expect(line).not.toMatch(OBEYED);
      }),
    );
  });

  test("stays as it is where it is plain", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(..."aZ09 .,<{%>[]größe日本語🦙".split("")) }), (text) => {
        const plain = text.replaceAll("<{%", "<").replaceAll(/[\uD800-\uDFFF]/g, "");
        expect(plainText(plain)).toBe(plain);
      }),
    );
  });

  test("spells out what has no shape", () => {
    expect(plainText("a\u001B[31mb\u202Ec<{%red%}>\nd")).toBe(
      String.raw`a\u{1b}[31mb\u{202e}c<\u{7b}%red%}> d`,
    );
  });

  test("is cut to an excerpt of one line, also of megabytes", () => {
    expect(excerpt(`  one\n\n two ${"x".repeat(10_000_000)}`, 20)).toBe("one two xxxxxxxxxxxx");
    expect(lastLine(`${"x\n".repeat(1_000_000)}the reason\n\n`)).toBe("the reason");
    expect(excerpt(`${"x".repeat(299)}🦙`)).toBe("x".repeat(299));
  });
});

describe("text that leaves the package", () => {
  const messages = defineMessages({ "of-a-test": ({ name }: { name: string }) => `held by ${name}` });
  class TestError extends AmdGpuError {
    override readonly name = "TestError";
    override readonly code = "test";
  }

  test("is plain in every error and every message, and complete in their data", () => {
    fc.assert(
      fc.property(hostile(), (text) => {
        expect(new TestError(`said ${text}`).message).not.toMatch(OBEYED);
        expect(new CommandEndedError("gpu1", "a command", 1, text).message).not.toMatch(OBEYED);
        const message = messages["of-a-test"]({ name: text });
        expect(message.text).not.toMatch(OBEYED);
        expect(message.data).toEqual({ name: text });
      }),
    );
  });
});

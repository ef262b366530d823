import { describe, expect, test } from "vitest";

import { estimateWarnings } from "../../../provider/models/memory/warnings.ts";
import { resolve } from "../../../provider/models/resolve.ts";
import { LLAMA_8B, servingOf } from "../shapes.ts";
import { startHub } from "./hub-server.ts";

const OFF = { hub: "off" } as const;

describe("a name alone", () => {
  test("is guessed by the size in it, with a warning that cannot be missed", async () => {
    const hub = await startHub({});
    const found = await resolve("my-org/Finetuned-8B-AWQ", {
      hub: { url: hub.url, accessToken: undefined, timeoutMs: 2000 },
    });
    expect(found).toMatchObject({
      ok: true,
      shape: { id: "my-org/Finetuned-8B-AWQ", params: 8e9, nativeDtype: "int4", verified: "no" },
      origin: { step: "name", detail: "guessed from the name my-org/Finetuned-8B-AWQ" },
    });
    const shape = found.ok ? found.shape : LLAMA_8B;
    const [warning] = estimateWarnings(shape, servingOf(shape));
    expect(warning).toMatch(
      /^NOTHING IS KNOWN ABOUT my-org\/Finetuned-8B-AWQ: its name contains 8B, so the estimate uses the shape of \S+/,
    );
    expect(warning).toContain("It was not read from the Hugging Face Hub: there is no such repository");
  });

  test.each([
    ["org/some-0.5b-instruct", 0.5e9, false],
    ["org/mixture-8x7B-v2", 56e9, true],
    ["org/big-30B-A3B", 30e9, true],
    ["org/tiny-270m-it", 270e6, false],
    ["org/large-1T", 1e12, false],
  ])("%s has %d parameters", async (name, params, mixture) => {
    const found = await resolve(name, OFF);
    expect(found).toMatchObject({ ok: true, shape: { params } });
    expect(found.ok && found.shape.experts !== undefined).toBe(mixture);
  });

  test("is not guessed when it is a letter away from a known one, or says no size", async () => {
    expect(await resolve("meta-llama/Llama-3.1-8B-Instuct", OFF)).toMatchObject({
      ok: false,
      error: expect.stringContaining("did you mean meta-llama/Llama-3.1-8B-Instruct") as unknown,
    });
    for (const name of ["my-company/secret", "org/v8.1-beta", "phi8b2"]) {
      expect(await resolve(name, OFF)).toMatchObject({
        ok: false,
        error: expect.stringMatching(
          /is not in the catalog.* It was not read from the Hugging Face Hub: /,
        ) as unknown,
      });
    }
  });
});

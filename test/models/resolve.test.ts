import { existsSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";

import { describe, expect, test } from "vitest";

import { resolve } from "../../provider/models/resolve.ts";
import { hubAccess } from "../../provider/models/sources/hub-access.ts";
import type { HubAccess } from "../../provider/models/sources/hub.ts";
import { modelSpecSchema } from "../../provider/schema/model-spec.ts";
import {
  folder,
  LLAMA_8B_CONFIG,
  LLAMA_8B_SIZES,
  llamaTensors,
  TINY_CONFIG,
  TINY_SIZES,
  writeCheckpoint,
  writeSparse,
} from "./checkpoint/written-checkpoints.ts";
import { gguf, llamaGguf } from "./checkpoint/written-gguf.ts";
import { estimateOf, LLAMA_8B } from "./shapes.ts";
import { type HubFault, type HubServer, startHub } from "./sources/hub-server.ts";

function tinyCheckpoint(): string {
  const path = folder();
  writeCheckpoint(path, TINY_CONFIG, [llamaTensors(TINY_SIZES)]);
  return path;
}

const at = ({ url }: HubServer, accessToken?: string): HubAccess => ({ url, accessToken, timeoutMs: 2000 });

const OFF = { hub: "off" } as const;

test("an explicit shape is taken as it is", async () => {
  const spec = modelSpecSchema.parse({ name: "x", layers: 2, hidden: 64, heads: 4, ffn: 128, vocab: 100 });
  expect(await resolve(spec, OFF)).toMatchObject({
    ok: true,
    shape: { id: "x", layers: 2 },
    origin: { step: "explicit", detail: "the shape that was given" },
  });
});

test("a model of the catalog is found there, and neither a directory of that name nor the Hub is asked", async () => {
  const hub = await startHub({ "meta-llama/Llama-3.1-8B": tinyCheckpoint() });
  const found = await resolve("meta-llama/llama-3.1-8b", { hub: at(hub) });
  expect(found).toMatchObject({
    shape: { layers: 32 },
    origin: { step: "catalog", detail: "the catalog's meta-llama/Llama-3.1-8B" },
  });
  expect(hub.requests).toEqual([]);
});

test("a local directory is read before the Hub is asked, by an absolute or a relative path", async () => {
  const path = tinyCheckpoint();
  const hub = await startHub({});
  for (const name of [path, relative(process.cwd(), path)]) {
    expect(await resolve(name, { hub: at(hub) })).toMatchObject({
      ok: true,
      shape: { id: name, layers: 2, vocab: 1024 },
      origin: {
        step: "directory",
        detail: `config.json and the headers of 1 safetensors files (21 tensors) in ${name}`,
      },
    });
  }
  expect(hub.requests).toEqual([]);
});

test("one GGUF file can be named", async () => {
  const path = join(folder(), "llama.gguf");
  writeFileSync(path, gguf(llamaGguf()));
  expect(await resolve(path, OFF)).toMatchObject({
    shape: { nativeDtype: "q4_k", layers: 32 },
    origin: { step: "directory" },
  });
});

test("a path that leads nowhere is an error that says on which machine", async () => {
  for (const name of ["/models/not-here", "./not-here", "models/not-here.gguf"]) {
    expect(existsSync(name)).toBe(false);
    expect(await resolve(name, OFF)).toEqual({
      ok: false,
      transient: false,
      error: expect.stringContaining(
        `model ${name}: there is no such directory or file on the machine that runs Pulumi`,
      ) as unknown,
    });
  }
});

test("a broken checkpoint is an error, and nothing is guessed in its place", async () => {
  const path = folder();
  writeFileSync(join(path, "config.json"), "{");
  expect(await resolve(path, OFF)).toMatchObject({
    ok: false,
    error: expect.stringMatching(/^model .*: .*config\.json is not JSON/) as unknown,
  });
});

describe("the Hugging Face Hub", () => {
  test("gives the same as a directory with the same files, and sends headers alone", async () => {
    const path = folder();
    const tensors = llamaTensors(LLAMA_8B_SIZES);
    writeCheckpoint(path, LLAMA_8B_CONFIG, [tensors.slice(0, 150), tensors.slice(150)]);
    const hub = await startHub({ "my-org/my-llama": path });
    const found = await resolve("my-org/my-llama", { hub: at(hub) });
    expect(found).toMatchObject({
      ok: true,
      origin: {
        step: "hub",
        detail:
          "config.json and the headers of 2 safetensors files (291 tensors) of my-org/my-llama on the Hugging Face Hub",
      },
    });
    const shape = found.ok ? found.shape : LLAMA_8B;
    expect(estimateOf(shape).high).toBe(estimateOf(LLAMA_8B).high);
    const ranges = hub.requests.flatMap(
      (request) => /safetensors bytes=(\d+)-(\d+)/.exec(request)?.slice(1) ?? [],
    );
    expect(Math.max(...ranges.map(Number))).toBeLessThan(100_000);
  });

  test("has several GGUF files in one repository: one is chosen by its quantisation or its name, and asked for otherwise", async () => {
    const path = folder();
    const written = gguf(llamaGguf());
    const names = ["Llama-Q4_K_M.gguf", "Llama-UD-Q4_K_M.gguf", "Llama-Q8_0.gguf", "mmproj-F16.gguf"];
    for (const name of names) writeSparse(join(path, name), written, 5 * 1024 ** 3);
    const hub = await startHub({ "my-org/llama-GGUF": path });
    const ask = (choice: string) => resolve(`my-org/llama-GGUF${choice}`, { hub: at(hub) });
    expect(await ask("")).toMatchObject({
      ok: false,
      error:
        "model my-org/llama-GGUF: my-org/llama-GGUF holds 3 models as GGUF files (Llama-Q4_K_M.gguf, Llama-Q8_0.gguf, Llama-UD-Q4_K_M.gguf): add the quantisation or the file after a colon, as in my-org/llama-GGUF:Q4_K_M",
    });
    expect(await ask(":q8_0")).toMatchObject({
      ok: true,
      origin: { step: "hub", detail: expect.stringMatching(/^the header of Llama-Q8_0\.gguf/) as unknown },
    });
    expect(await ask(":Llama-Q4_K_M.gguf")).toMatchObject({
      origin: { detail: expect.stringMatching(/^the header of Llama-Q4_K_M\.gguf/) as unknown },
    });
    expect(await ask(":Q4_K_M")).toMatchObject({
      ok: false,
      error: expect.stringContaining(
        "2 models as GGUF files for Q4_K_M (Llama-Q4_K_M.gguf, Llama-UD-Q4_K_M.gguf)",
      ) as unknown,
    });
    expect(await ask(":K_M")).toMatchObject({
      ok: false,
      error: expect.stringContaining("has no GGUF file for K_M; it has 3: Llama-Q4_K_M.gguf") as unknown,
    });
  });

  test("is asked for the revision that is named, which may be another model than main", async () => {
    const other = folder();
    writeCheckpoint(other, { ...TINY_CONFIG, vocab_size: 2048 }, [
      llamaTensors({ ...TINY_SIZES, vocab: 2048 }),
    ]);
    const hub = await startHub({ "my-org/tiny": tinyCheckpoint(), "my-org/tiny@v2": other });
    expect(await resolve("my-org/tiny", { hub: at(hub) })).toMatchObject({ shape: { vocab: 1024 } });
    expect(await resolve("my-org/tiny@v2", { hub: at(hub) })).toMatchObject({ shape: { vocab: 2048 } });
    expect(await resolve("my-org/tiny@v3", { hub: at(hub) })).toMatchObject({
      ok: false,
      error: expect.stringContaining("there is no such repository, or it has no revision v3") as unknown,
    });
  });

  test("shows a gated model to who has the token, and it is in no message otherwise", async () => {
    const hub = await startHub({ "my-org/secret-1b": tinyCheckpoint() }, { token: "hf_right" });
    expect(await resolve("my-org/secret-1b", { hub: at(hub, "hf_right") })).toMatchObject({
      ok: true,
      origin: { step: "hub" },
    });
    const refused = await resolve("my-org/secret-model", { hub: at(hub, "hf_wrong") });
    expect(refused).toMatchObject({
      ok: false,
      error: expect.stringContaining("or it is gated and HF_TOKEN does not open it") as unknown,
    });
    expect(JSON.stringify(refused)).not.toContain("hf_wrong");
  });

  test.each<[fault: HubFault, message: RegExp]>([
    ["fails", /The Hugging Face Hub did not answer for my-org\/tiny: overloaded/],
    ["never answers", /did not answer for my-org\/tiny: The operation was aborted due to timeout/],
    ["ignores ranges", /ignores ranges and sends whole files/],
    ["sends too much", /sends more than the requested \d+ bytes/],
    ["breaks off", /Reading my-org\/tiny\/\S+ from the Hugging Face Hub: /],
  ])("that %s is an error that may pass, and nothing is guessed", async (fault, message) => {
    const hub = await startHub({ "my-org/tiny": tinyCheckpoint() }, { fault });
    const answer = await resolve("my-org/tiny", { hub: { ...at(hub), timeoutMs: 500 } });
    expect(answer).toEqual({
      ok: false,
      transient: true,
      error: expect.stringMatching(message) as unknown,
    });
    expect(answer).toMatchObject({
      error: expect.stringMatching(
        /^model "my-org\/tiny" is not in the catalog.*; trying again may help\.$/,
      ) as unknown,
    });
  });

  test("that is not there is an error that may pass", async () => {
    const hub = { url: "http://127.0.0.1:9", timeoutMs: 500 };
    expect(await resolve("my-org/tiny", { hub })).toMatchObject({ ok: false, transient: true });
  });

  test("is reached as the user's environment says", () => {
    expect(hubAccess({})).toEqual({ url: undefined, accessToken: undefined, timeoutMs: 30_000 });
    expect(hubAccess({ HF_ENDPOINT: "http://mirror/", HF_TOKEN: " hf_x\n" })).toEqual({
      url: "http://mirror",
      accessToken: "hf_x",
      timeoutMs: 30_000,
    });
    expect(hubAccess({ HF_HUB_OFFLINE: "1" })).toBe("off");
    expect(hubAccess({ HF_HUB_OFFLINE: "0" })).not.toBe("off");
  });
});

import { once } from "node:events";
import { mkdir, symlink, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { hostname } from "node:os";
import { basename, join } from "node:path";

import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { NoEngineError } from "../../tools/engine/ensure-engine.ts";
import { createSandbox, type Sandbox, working } from "./sandbox.ts";

/** The highest process id Linux allows is 2^22: nobody has this one. */
const deadPid = 2 ** 22 + 1;

let sandbox: Sandbox;
beforeEach(async () => {
  sandbox = await createSandbox();
});
afterEach(async () => sandbox.dispose());

const { "pulumi-language-nodejs": _host, ...withoutLanguageHost } = working;

describe("an engine on PATH", () => {
  it("is taken before anything else", async () => {
    await sandbox.install(sandbox.bin, working);
    await sandbox.install(join(sandbox.place, "bin"), working);
    const engine = await sandbox.ensure();
    expect(engine).toMatchObject({ source: "path", version: "3.250.0", binDir: sandbox.bin });
    expect(engine.env.PATH.startsWith(`${sandbox.bin}:`)).toBe(true);
    expect(await sandbox.cached()).toHaveLength(1);
  });

  it("may be a link to where its companions are", async () => {
    const real = join(sandbox.folder, "opt");
    await sandbox.install(real, working);
    await symlink(join(real, "pulumi"), join(sandbox.bin, "pulumi"));
    expect(await sandbox.ensure()).toMatchObject({ source: "path", binDir: sandbox.bin });
  });

  it.each([
    ["is too old", { ...working, pulumi: "echo v3.215.9" }, "is 3.215.9, older than 3.216.0"],
    ["has no language host", withoutLanguageHost, "comes without pulumi-language-nodejs"],
    ["prints no version", { ...working, pulumi: "echo oops; exit 3" }, "did not print a version but: oops"],
    [
      "has a language host that does not start",
      { ...working, "pulumi-language-nodejs": "exit 1" },
      "pulumi-language-nodejs does not start",
    ],
  ])("is passed over, with the reason, when it %s", async (_case, programs, reason) => {
    await sandbox.install(sandbox.bin, programs);
    await sandbox.install(join(sandbox.place, "bin"), working);
    expect((await sandbox.ensure()).source).toBe("cache");
    expect(sandbox.log.join("\n")).toContain(reason);
  });
});

describe("the cache", () => {
  it("is used without building again", async () => {
    await sandbox.installGo();
    const first = await sandbox.ensure();
    expect(first.source).toBe("built");
    expect(await sandbox.ensure()).toEqual({ ...first, source: "cache" });
    expect(await sandbox.builds()).toEqual(["pulumi", "pulumi-language-nodejs"]);
    expect(await sandbox.cached()).toEqual([basename(sandbox.place)]);
  });

  it.each([
    ["lacks a file", withoutLanguageHost],
    ["does not run", { ...working, pulumi: "exit 1" }],
  ])("is filled again when what is there %s", async (_case, programs) => {
    await sandbox.install(join(sandbox.place, "bin"), programs);
    await sandbox.installGo();
    expect((await sandbox.ensure()).source).toBe("built");
    expect((await sandbox.ensure()).source).toBe("cache");
  });

  it("never takes what a killed process left unfinished, and removes it", async () => {
    const left = join(sandbox.cache, ["unfinished", hostname(), deadPid, "x"].join("@"));
    const inUse = join(sandbox.cache, ["unfinished", hostname(), process.pid, "x"].join("@"));
    await sandbox.install(join(left, "bin"), working);
    await mkdir(inUse);
    await sandbox.installGo();
    expect((await sandbox.ensure()).source).toBe("built");
    const names = await sandbox.cached();
    expect(names).not.toContain(basename(left));
    expect(names).toContain(basename(inUse));
  });
});

describe("two processes at once", () => {
  it("build once: the second waits and says so", async () => {
    await sandbox.installGo({ before: "sleep 0.5" });
    const engines = await Promise.all([sandbox.ensure(), sandbox.ensure()]);
    expect(engines.map(({ source }) => source).toSorted()).toEqual(["built", "cache"]);
    expect(await sandbox.builds()).toHaveLength(2); // Two programs, once each.
    expect(sandbox.log.filter((line) => line.includes("another process"))).toHaveLength(1);
  });

  it("do not wait for one that died", async () => {
    await mkdir(sandbox.cache, { recursive: true });
    await writeFile(`${sandbox.place}.lock`, `${hostname()} ${deadPid}`);
    await sandbox.installGo();
    expect((await sandbox.ensure()).source).toBe("built");
    expect(await sandbox.cached()).toEqual([basename(sandbox.place)]);
  });
});

describe("a build", () => {
  it("that is stopped leaves nothing", async () => {
    await sandbox.installGo({ before: "sleep 60" });
    const stop = new AbortController();
    const building = sandbox.ensure({ signal: stop.signal });
    await expect.poll(async () => sandbox.builds()).toHaveLength(1);
    stop.abort(new Error("stopped by hand"));
    await expect(building).rejects.toThrow("stopped by hand");
    expect(await sandbox.cached()).toEqual([]);
  });

  it("that fails shows what Go printed", async () => {
    await sandbox.installGo({ before: "echo 'verifying module: checksum mismatch' >&2; exit 1" });
    await expect(sandbox.ensure()).rejects.toThrow(
      /go build of pulumi failed:\nverifying module: checksum mismatch/,
    );
    expect(await sandbox.cached()).toEqual([]);
  });

  it("is not kept when its result does not run", async () => {
    await sandbox.installGo({ makes: { ...working, "pulumi-language-nodejs": "exit 1" } });
    await expect(sandbox.ensure()).rejects.toThrow("pulumi-language-nodejs does not start");
    expect(await sandbox.cached()).toEqual([]);
  });
});

describe("Pulumi's installer", () => {
  it("is given up at once when the connection is refused", async () => {
    await sandbox.installGo();
    await sandbox.ensure();
    expect(sandbox.log.join("\n")).toMatch(/official: 127\.0\.0\.1:\d+ cannot be reached: ECONNREFUSED/);
  });

  it.each([
    ["answers with an error", 503, 60_000, "cannot be reached: it answers 503"],
    ["takes too long", 200, 1, "it did not end within 0.001 s"],
  ])("is given up when it %s", async (_case, status, downloadTimeoutMs, reason) => {
    const server = createServer((_request, response) => response.writeHead(status).end());
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    try {
      await sandbox.installGo();
      const downloadUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
      expect((await sandbox.ensure({ downloadUrl, downloadTimeoutMs })).source).toBe("built");
      expect(sandbox.log.join("\n")).toContain(reason);
    } finally {
      server.close();
    }
  });
});

it("says in one message what to install, and what was tried, when no way works", async () => {
  const failure = await sandbox.ensure().catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(NoEngineError);
  const { message, tried } = failure as NoEngineError;
  expect(message).toMatch(/Install the Pulumi CLI, 3\.216\.0 or newer .* or Go .* to build one/);
  expect(tried.map((sentence) => sentence.split(":")[0])).toEqual(["PATH", "cache", "official", "built"]);
  expect(tried.at(-1)).toBe("built: there is no Go on PATH");
});

import { once } from "node:events";
import { existsSync } from "node:fs";
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";

import { type Engine, ensureEngine, type EnsureEngineOptions } from "../../tools/engine/ensure-engine.ts";
import { cacheKey } from "../../tools/engine/pins.ts";
import { findPackageRoot } from "../../tools/engine/places.ts";

/** Companions of a fake engine, by what they do. */
export const working = {
  pulumi: "echo v3.250.0",
  "pulumi-language-nodejs": "echo 4711; exec sleep 60",
  "pulumi-resource-pulumi-nodejs": "exit 0",
} as const;

type Programs = Readonly<Record<string, string>>;

/** A user account with nothing in it but what a test puts there; no engine, no Go and no network. */
export interface Sandbox {
  readonly folder: string;
  /** On PATH. */
  readonly bin: string;
  readonly cache: string;
  /** Final place of the engine in the cache. */
  readonly place: string;
  /** All lines logged so far. */
  readonly log: readonly string[];
  /** Puts shell scripts somewhere. */
  install(folder: string, programs: Programs): Promise<void>;
  /** Puts a Go on PATH that "builds" these programs, after running `before`, and notes each build. */
  installGo(options?: { readonly makes?: Programs; readonly before?: string }): Promise<void>;
  /** What that Go was asked to build, in order. */
  builds(): Promise<readonly string[]>;
  /** Names in the cache folder. */
  cached(): Promise<readonly string[]>;
  ensure(options?: Partial<EnsureEngineOptions>): Promise<Engine>;
  dispose(): Promise<void>;
}

const findTool = (name: string): string => {
  const found = (process.env["PATH"] ?? "").split(delimiter).find((folder) => existsSync(join(folder, name)));
  if (found === undefined) throw new Error(`no ${name} on PATH`);
  return join(found, name);
};

/** An address where nothing listens, because what did has just been closed: refused at once, with or without a network. */
const findRefusingUrl = async (): Promise<string> => {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return `http://127.0.0.1:${port}/`;
};

const install: Sandbox["install"] = async (folder, programs) => {
  await mkdir(folder, { recursive: true });
  for (const [name, script] of Object.entries(programs)) {
    await writeFile(join(folder, name), `#!/bin/sh\n${script}\n`);
    await chmod(join(folder, name), 0o755);
  }
};

export const createSandbox = async (): Promise<Sandbox> => {
  const folder = await mkdtemp(join(tmpdir(), "pulumi-amd-gpu-tools-"));
  const bin = join(folder, "bin");
  const system = join(folder, "system");
  const cache = join(folder, "cache", "pulumi-amd-gpu", "engine");
  await Promise.all([mkdir(bin), mkdir(system)]);
  await Promise.all(
    ["cat", "chmod", "cp", "sleep"].map(async (name) => symlink(findTool(name), join(system, name))),
  );
  const log: string[] = [];
  const refused = await findRefusingUrl();
  const env = { PATH: [bin, system].join(delimiter), XDG_CACHE_HOME: join(folder, "cache") };
  return {
    folder,
    bin,
    cache,
    place: join(cache, await cacheKey(findPackageRoot())),
    log,
    install,
    installGo: async ({ makes = working, before = "" } = {}) => {
      await install(join(folder, "made"), makes);
      const go = `
        if [ "$1" = version ]; then echo go version go1.99.0; exit; fi
        while [ "$1" != -o ]; do shift; done
        name="\${2##*/}"
        echo "$name" >> "${folder}/builds"
        ${before}
        cp "${folder}/made/$name" "$2"`;
      await install(bin, { go });
    },
    builds: async () => {
      const text = await readFile(join(folder, "builds"), "utf8").catch(() => "");
      return text.split("\n").filter((line) => line !== "");
    },
    cached: async () => (existsSync(cache) ? readdir(cache) : []),
    ensure: async (options) =>
      ensureEngine({ env, downloadUrl: refused, log: (line) => log.push(line), ...options }),
    dispose: async () => rm(folder, { recursive: true, force: true }),
  };
};

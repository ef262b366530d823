import { mkdir, rm } from "node:fs/promises";
import { delimiter, join } from "node:path";

import { buildFromGo } from "./build.ts";
import { findIn, languageHostStarts } from "./check-engine.ts";
import { type EnsureEngineOptions, NoEngineError } from "./ensure-engine.ts";
import { withLock } from "./lock.ts";
import { cacheKey, yamlHost, yamlHostVersion } from "./pins.ts";
import { engineCache, type Environment, findPackageRoot } from "./places.ts";
import { publish, stage } from "./staging.ts";

/** Undefined when there is none, or it does not run here. */
const usable = async (folders: readonly string[], env: Environment): Promise<string | undefined> => {
  const file = await findIn(folders, yamlHost.binary);
  return file !== undefined && (await languageHostStarts(file, env)) ? file : undefined;
};

/**
 * Finds the host that runs YAML programs, or builds it from its Go module: on PATH, else the one we keep, else a build.
 *
 * @returns the environment that a process needs to run YAML programs: a PATH that has it
 * @throws {NoEngineError} when it cannot be had
 */
export const ensureYamlHost = async ({
  log,
  signal,
  env = process.env,
}: Pick<EnsureEngineOptions, "log" | "signal" | "env">): Promise<{ readonly PATH: string }> => {
  const path = env["PATH"] ?? "";
  const folders = path.split(delimiter).filter((folder) => folder !== "");
  if ((await usable(folders, env)) !== undefined) return { PATH: path };
  const packageRoot = findPackageRoot();
  const cache = engineCache(env, "yaml");
  const place = join(cache, await cacheKey(packageRoot, yamlHostVersion, [yamlHost]));
  const binDir = join(place, "bin");
  const kept = { PATH: [path, binDir].join(delimiter) };
  if ((await usable([binDir], env)) !== undefined) return kept;
  await mkdir(cache, { recursive: true });
  return withLock(`${place}.lock`, { log, signal }, async () => {
    if ((await usable([binDir], env)) !== undefined) return kept;
    await rm(place, { recursive: true, force: true });
    const failure = await stage(cache, async (folder) => {
      const options = { packageRoot, env, log, signal };
      const reason = await buildFromGo(yamlHost, folder, "3 to 5 minutes on 2 cores", options);
      if (reason === undefined) await publish(folder, place);
      return reason;
    });
    if (failure !== undefined) throw new NoEngineError([`${yamlHost.binary}: ${failure}`]);
    return kept;
  });
};

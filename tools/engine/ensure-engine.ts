import { mkdir, rm } from "node:fs/promises";
import { delimiter, join } from "node:path";

import { buildEngine } from "./build.ts";
import { checkFolder, checkPath, type EngineCheck } from "./check-engine.ts";
import { withLock } from "./lock.ts";
import { downloadEngine, installerUrl } from "./official.ts";
import { cacheKey, engineVersion, minimumVersion } from "./pins.ts";
import { engineCache, type Environment, findPackageRoot } from "./places.ts";
import { formatDuration, type Log } from "./progress.ts";
import { publish, stage } from "./staging.ts";

/** A Pulumi engine with its Node language host and the script that starts dynamic providers, all of them tried. */
export interface Engine {
  /** As in "3.250.0". */
  readonly version: string;
  /** Folder of the `pulumi` program. */
  readonly binDir: string;
  /** How we came by it. */
  readonly source: "path" | "cache" | "official" | "built";
  /** What a process needs besides its own environment to run it: a PATH that begins with `binDir`. */
  readonly env: { readonly PATH: string };
}

export interface EnsureEngineOptions {
  /** Gets one line at a time: which way was taken, why others were not, and the time gone by. */
  readonly log: Log;
  /** Stops a download or a build and removes what it left. */
  readonly signal?: AbortSignal;
  /** PATH, HOME and XDG_CACHE_HOME say where to look; all of it goes to the programs that are run. @default process.env */
  readonly env?: Environment;
  /** Where the installer is looked for. @default Pulumi's own */
  readonly downloadUrl?: string;
  /** Limit for the whole download. @default 5 minutes */
  readonly downloadTimeoutMs?: number;
}

/** There is no engine and no way to get one here; says what was tried and what to install. */
export class NoEngineError extends Error {
  override readonly name = "NoEngineError";
  /** One sentence per way that failed, in the order tried. */
  readonly tried: readonly string[];
  constructor(tried: readonly string[]) {
    super(
      "no Pulumi engine. Install the Pulumi CLI, " +
        `${minimumVersion} or newer (https://www.pulumi.com/docs/install/), or Go (https://go.dev/dl/) to build one. ` +
        `Tried: ${tried.join("; ")}.`,
    );
    this.tried = tried;
  }
}

const asEngine = (
  check: Extract<EngineCheck, { ok: true }>,
  source: Engine["source"],
  env: Environment,
): Engine => ({
  version: check.version,
  binDir: check.binDir,
  source,
  env: { PATH: [check.binDir, env["PATH"]].filter(Boolean).join(delimiter) },
});

/**
 * Finds an engine or gets one: on PATH, else the one we keep, else Pulumi's own installer, else a build from its Go modules.
 * What was downloaded or built is kept in the user's cache folder; see {@link engineCache}.
 *
 * @throws {NoEngineError} when none of these works
 */
export const ensureEngine = async (options: EnsureEngineOptions): Promise<Engine> => {
  const { log, signal, env = process.env } = options;
  const packageRoot = findPackageRoot();
  const tried: string[] = [];
  const reject = (way: string, reason: string): void => {
    tried.push(`${way}: ${reason}`);
    log(`Pulumi engine: ${way}: ${reason}`);
  };
  const take = (check: Extract<EngineCheck, { ok: true }>, source: Engine["source"]): Engine => {
    log(`Pulumi engine: ${check.version} in ${check.binDir} (${source})`);
    return asEngine(check, source, env);
  };

  const onPath = await checkPath(env);
  if (onPath.ok) return take(onPath, "path");
  reject("PATH", onPath.reason);

  const cache = engineCache(env);
  const place = join(cache, await cacheKey(packageRoot));
  const binDir = join(place, "bin");
  const kept = await checkFolder(binDir, env);
  if (kept.ok) return take(kept, "cache");
  reject("cache", `${binDir}: ${kept.reason}`);

  const ways = [
    {
      source: "official",
      fill: async (folder: string) => {
        log(`Pulumi engine: downloading ${engineVersion} with Pulumi's installer`);
        return downloadEngine(folder, {
          packageRoot,
          env,
          signal,
          url: options.downloadUrl ?? installerUrl,
          timeoutMs: options.downloadTimeoutMs ?? 5 * 60_000,
        });
      },
    },
    {
      source: "built",
      fill: async (folder: string) => buildEngine(folder, { packageRoot, env, log, signal }),
    },
  ] as const;

  await mkdir(cache, { recursive: true });
  return withLock(`${place}.lock`, { log, signal }, async () => {
    // Another process may have finished one while this one waited.
    const finished = await checkFolder(binDir, env);
    if (finished.ok) return take(finished, "cache");
    // Whatever else is there was once finished and does not run any more.
    await rm(place, { recursive: true, force: true });

    for (const { source, fill } of ways) {
      const started = Date.now();
      const outcome = await stage(cache, async (folder): Promise<EngineCheck> => {
        const failure = await fill(folder);
        if (failure !== undefined) return { ok: false, reason: failure };
        const check = await checkFolder(join(folder, "bin"), env);
        if (check.ok) await publish(folder, place);
        return check;
      });
      if (outcome.ok) {
        log(`Pulumi engine: ${source} in ${formatDuration(Date.now() - started)}, kept for later runs`);
        return take({ ...outcome, binDir }, source);
      }
      reject(source, outcome.reason);
    }
    throw new NoEngineError(tried);
  });
};

import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** Environment variables as a process gets them. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** The folder of our package.json. Searched upwards, because compiled tools live one level deeper than their source. */
export const findPackageRoot = (): string => {
  const start = dirname(fileURLToPath(import.meta.url));
  for (let folder = start; folder !== dirname(folder); folder = dirname(folder)) {
    const manifest = join(folder, "package.json");
    if (!existsSync(manifest)) continue;
    const { name } = JSON.parse(readFileSync(manifest, "utf8")) as { name?: string };
    if (name === "pulumi-amd-gpu") return folder;
  }
  throw new Error(`no package.json of pulumi-amd-gpu in ${start} or above it`);
};

/**
 * Where engines are kept: `pulumi-amd-gpu/engine` in the user's cache folder; hosts of languages beside it.
 *
 * @default $XDG_CACHE_HOME, else ~/.cache
 */
export const engineCache = (env: Environment, kind: "engine" | "yaml" = "engine"): string => {
  // A relative XDG_CACHE_HOME must be ignored, says the XDG base directory specification.
  const base = env["XDG_CACHE_HOME"]?.startsWith("/") ? env["XDG_CACHE_HOME"] : undefined;
  const home = env["HOME"];
  if (base === undefined && (home === undefined || home === "")) {
    throw new Error("neither XDG_CACHE_HOME nor HOME is set: there is no place to keep a Pulumi engine");
  }
  return join(base ?? join(home ?? "", ".cache"), "pulumi-amd-gpu", kind);
};

import { chmod, copyFile, mkdir } from "node:fs/promises";
import { join } from "node:path";

import { runCommand } from "./command.ts";
import { engineVersion, type GoProgram, goPrograms } from "./pins.ts";
import type { Environment } from "./places.ts";
import { type Log, withProgress } from "./progress.ts";

export interface BuildOptions {
  readonly packageRoot: string;
  readonly env: Environment;
  readonly log: Log;
  readonly signal?: AbortSignal | undefined;
}

const buildTimeoutMs = 60 * 60_000;

/** The user's Go settings (proxy, checksum database, toolchain) stay; those that would build something else do not. */
const goEnvironment = (env: Environment): Environment => ({
  ...env,
  CGO_ENABLED: "0",
  GOOS: undefined,
  GOARCH: undefined,
  GOWORK: "off",
});

/**
 * Builds one program in `folder`/bin from its pinned Go module. Returns why it did not, or undefined when it did.
 *
 * @param expected time it takes, for the log
 */
export const buildFromGo = async (
  program: GoProgram,
  folder: string,
  expected: string,
  options: BuildOptions,
): Promise<string | undefined> => {
  const go = await findGo(options.env);
  if (go === undefined) return "there is no Go on PATH";
  options.log(`${program.binary}: building from its Go module with ${go}; ${expected}, once`);
  const binDir = join(folder, "bin");
  await mkdir(binDir, { recursive: true });
  return buildProgram(program, binDir, options);
};

/** Undefined without a Go that starts; otherwise what `go version` prints. */
const findGo = async (env: Environment): Promise<string | undefined> => {
  try {
    const { code, stdout } = await runCommand(["go", "version"], { env, timeoutMs: 60_000 });
    return code === 0 ? stdout.trim() : undefined;
  } catch {
    return undefined;
  }
};

const buildProgram = async (
  program: GoProgram,
  binDir: string,
  { packageRoot, env, log, signal }: BuildOptions,
): Promise<string | undefined> => {
  let packages = 0;
  const { binary, importPath, flags, moduleFolder } = program;
  const out = join(binDir, binary);
  const result = await withProgress(
    log,
    () => `${binary}: ${packages === 0 ? "downloading modules" : `${packages} packages compiled`}`,
    async () =>
      runCommand(["go", "build", "-v", "-mod=readonly", "-trimpath", ...flags, "-o", out, importPath], {
        cwd: join(packageRoot, moduleFolder),
        env: goEnvironment(env),
        timeoutMs: buildTimeoutMs,
        signal,
        onOutput: (text) => {
          // With -v every compiled package is one line; downloads are announced as "go: downloading ...".
          packages += text.split("\n").filter((line) => line !== "" && !line.startsWith("go: ")).length;
        },
      }),
  );
  signal?.throwIfAborted();
  if (result.code === 0) return undefined;
  const lastLines = result.output.trim().split("\n").slice(-8).join("\n");
  return `go build of ${binary} ${result.ending === "exited" ? "failed" : `was ${result.ending}`}:\n${lastLines}`;
};

/**
 * Builds an engine and its language host in `folder`/bin from their Go modules, pinned by the committed go.mod and go.sum.
 * Returns why it did not, or undefined when it did.
 */
export const buildEngine = async (folder: string, options: BuildOptions): Promise<string | undefined> => {
  const { env, log, packageRoot } = options;
  const go = await findGo(env);
  if (go === undefined) return "there is no Go on PATH";
  log(
    `Pulumi engine: building ${engineVersion} from its Go modules with ${go}; 8 to 12 minutes on 2 cores, once`,
  );
  const binDir = join(folder, "bin");
  await mkdir(binDir, { recursive: true });
  for (const program of goPrograms) {
    const failure = await buildProgram(program, binDir, options);
    if (failure !== undefined) return failure;
  }
  // The script that starts dynamic providers is not Go: it ships with the SDK.
  const script = "pulumi-resource-pulumi-nodejs";
  await copyFile(join(packageRoot, "node_modules", "@pulumi", "pulumi", script), join(binDir, script));
  await chmod(join(binDir, script), 0o755);
  return undefined;
};

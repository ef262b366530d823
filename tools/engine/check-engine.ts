import { spawn } from "node:child_process";
import { access, constants, realpath, stat } from "node:fs/promises";
import { delimiter, dirname, join } from "node:path";

import { runCommand } from "./command.ts";
import { minimumVersion } from "./pins.ts";
import type { Environment } from "./places.ts";

/** What running TypeScript programs with dynamic resources takes. */
const programs = ["pulumi", "pulumi-language-nodejs", "pulumi-resource-pulumi-nodejs"] as const;

export type EngineCheck =
  | { readonly ok: true; readonly version: string; readonly binDir: string }
  | { readonly ok: false; readonly reason: string };

const startTimeoutMs = 60_000;

const isExecutable = async (file: string): Promise<boolean> => {
  try {
    await access(file, constants.X_OK);
    return (await stat(file)).isFile();
  } catch {
    return false;
  }
};

export const findIn = async (folders: readonly string[], program: string): Promise<string | undefined> => {
  for (const folder of folders) {
    const file = join(folder, program);
    if (await isExecutable(file)) return file;
  }
  return undefined;
};

/** Undefined when the text does not start like a version. */
const versionNumbers = (text: string): readonly [number, number, number] | undefined => {
  const match = /^v?(\d+)\.(\d+)\.(\d+)/.exec(text.trim());
  return match === null ? undefined : [Number(match[1]), Number(match[2]), Number(match[3])];
};

const isOlder = (left: readonly number[], right: readonly number[]): boolean => {
  const differing = left.findIndex((number, index) => number !== right[index]);
  return differing !== -1 && (left[differing] ?? 0) < (right[differing] ?? 0);
};

/** A language host prints the port it listens on as its first line; until it did, it is not known to run on this machine. */
export const languageHostStarts = async (file: string, env: Environment): Promise<boolean> =>
  new Promise((resolve) => {
    // It wants the address of an engine; it calls there only later, and is gone by then.
    const child = spawn(file, ["127.0.0.1:1"], { env: { ...env }, stdio: ["ignore", "pipe", "ignore"] });
    const settle = (starts: boolean): void => {
      clearTimeout(timer);
      child.kill("SIGKILL");
      resolve(starts);
    };
    const timer = setTimeout(() => settle(false), startTimeoutMs);
    let printed = "";
    child.stdout.setEncoding("utf8").on("data", (piece: string) => {
      printed += piece;
      if (printed.includes("\n")) settle(/^\d+\s*$/m.test(printed));
    });
    child.on("error", () => settle(false));
    child.on("close", () => settle(/^\d+\s*$/m.test(printed)));
  });

/** Runs what was found once. The engine looks for its companions on PATH, then beside itself; so do we. */
const checkFolders = async (folders: readonly string[], env: Environment): Promise<EngineCheck> => {
  const cli = await findIn(folders, programs[0]);
  if (cli === undefined) return { ok: false, reason: "no pulumi there" };
  const beside = [dirname(cli), dirname(await realpath(cli))];
  const found = await Promise.all(programs.map(async (program) => findIn([...folders, ...beside], program)));
  const missing = programs.filter((_, index) => found[index] === undefined);
  if (missing.length > 0) return { ok: false, reason: `${cli} comes without ${missing.join(" and ")}` };

  let printed;
  try {
    printed = await runCommand([cli, "version"], {
      env: { ...env, PULUMI_SKIP_UPDATE_CHECK: "true" },
      timeoutMs: startTimeoutMs,
    });
  } catch (error) {
    return { ok: false, reason: `${cli} does not start: ${(error as Error).message}` };
  }
  const numbers = versionNumbers(printed.stdout);
  if (printed.code !== 0 || numbers === undefined) {
    return { ok: false, reason: `${cli} version did not print a version but: ${printed.output.trim()}` };
  }
  const version = numbers.join(".");
  if (isOlder(numbers, versionNumbers(minimumVersion) ?? [])) {
    return { ok: false, reason: `${cli} is ${version}, older than ${minimumVersion}` };
  }
  const languageHost = found[1] ?? programs[1];
  if (!(await languageHostStarts(languageHost, env))) {
    return { ok: false, reason: `${languageHost} does not start` };
  }
  return { ok: true, version, binDir: dirname(cli) };
};

/** Is there a whole, recent engine on PATH? */
export const checkPath = async (env: Environment): Promise<EngineCheck> =>
  checkFolders(
    (env["PATH"] ?? "").split(delimiter).filter((folder) => folder !== ""),
    env,
  );

/** Is there a whole, recent engine in this folder? Nothing outside it counts. */
export const checkFolder = async (binDir: string, env: Environment): Promise<EngineCheck> =>
  checkFolders([binDir], env);

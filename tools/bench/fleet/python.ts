import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";

import { engineCache, type Environment, findPackageRoot } from "../../engine/places.ts";
import { run } from "../run.ts";

export interface Python {
  /** Where `pyinfra` and `ansible-playbook` are. */
  readonly bin: string;
  /** "pyinfra 3.10.0, ansible-core 2.19.14, ..." */
  readonly versions: string;
  /** The interpreter itself, at a path that every host on this machine has. */
  readonly interpreter: string;
}

interface Options {
  readonly env: Environment;
  readonly signal: AbortSignal;
  readonly say: (line: string) => void;
}

/** Makes a virtual environment with the pinned packages in the user's cache folder, or takes the one that is there. */
export async function ensurePython({ env, signal, say }: Options): Promise<Python> {
  const cache = dirname(engineCache(env));
  const folder = join(cache, "bench-venv");
  const bin = join(folder, "bin");
  const at = { env, signal, cwd: findPackageRoot() };
  const list = join(findPackageRoot(), "tools/bench/rivals/requirements.txt");
  const requirements = await readFile(list, "utf8");
  const { stdout } = await run(
    ["python3", "-c", "import os, sys; print(os.path.realpath(sys.executable), sys.version.split()[0])"],
    at,
  );
  const [interpreter = "", version = ""] = stdout.trim().split(" ");
  // Written last: an environment that was not finished, or is for other versions, is made anew.
  const marker = join(folder, "finished");
  const wanted = `${interpreter} ${version}\n${requirements}`;
  if ((await readFile(marker, "utf8").catch(() => "")) !== wanted) {
    say(`installing pyinfra and Ansible into ${folder}`);
    await rm(folder, { recursive: true, force: true });
    await mkdir(cache, { recursive: true });
    await run(["python3", "-m", "venv", folder], at);
    await run([join(bin, "pip"), "install", "--quiet", "--no-deps", "--requirement", list], at);
    await writeFile(marker, wanted);
  }
  const named = ["pyinfra", "ansible-core", "paramiko"].map((name) => {
    const line = requirements.split("\n").find((line) => line.startsWith(`${name}==`)) ?? name;
    return line.replace("==", " ");
  });
  return { bin, interpreter, versions: [...named, `Python ${version}`].join(", ") };
}

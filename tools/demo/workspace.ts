import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { parse, stringify } from "yaml";

import type { Environment } from "../engine/places.ts";

/** Everything a demo run writes, outside of the clone. */
export interface Workspace {
  /** Where `pulumi` runs. */
  readonly folder: string;
  /** The simulated host's file. */
  readonly stateFile: string;
  readonly env: Environment;
  dispose(): Promise<void>;
}

/**
 * Makes a project folder whose `main` is the program's folder: the program runs where it is and finds its packages, while
 * stack settings and state stay here. The user's own Pulumi login and settings are neither used nor touched.
 */
export const createWorkspace = async (programFolder: string, env: Environment): Promise<Workspace> => {
  const root = await mkdtemp(join(tmpdir(), "pulumi-amd-gpu-demo-"));
  const place = (name: string): string => join(root, name);
  await Promise.all(["home", "backend", "project"].map(async (name) => mkdir(place(name))));
  const settings = parse(await readFile(join(programFolder, "Pulumi.yaml"), "utf8")) as object;
  await writeFile(place("project/Pulumi.yaml"), stringify({ ...settings, main: programFolder }));
  const withoutPulumi = Object.entries(env).filter(([name]) => !name.startsWith("PULUMI_"));
  return {
    folder: place("project"),
    stateFile: place("simulated-host.json"),
    env: {
      ...Object.fromEntries(withoutPulumi),
      PULUMI_HOME: place("home"),
      PULUMI_BACKEND_URL: `file://${place("backend")}`,
      PULUMI_CONFIG_PASSPHRASE: "demo",
      PULUMI_SKIP_UPDATE_CHECK: "true",
      // The only plugin this needs comes with the engine: nothing is to be looked for on the network.
      PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
    },
    dispose: async () => rm(root, { recursive: true, force: true }),
  };
};

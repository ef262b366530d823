import { mkdtemp, writeFile } from "node:fs/promises";
import { join } from "node:path";

import type { CommandResult } from "../../../tools/engine/command.ts";
import { ensureYamlHost } from "../../../tools/engine/ensure-yaml-host.ts";
import { findPackageRoot } from "../../../tools/engine/places.ts";
import { type CliOptions, runCli } from "./cli.ts";
import { createHome, type PulumiHome } from "./home.ts";

/** A stack of a program in YAML, which uses the plugin of this package from its folder. */
export interface YamlStack {
  readonly home: PulumiHome;
  /** Of Pulumi.yaml. */
  readonly folder: string;
  /** Puts another program in the place of the present one. @param text resources and outputs */
  write(text: string): Promise<void>;
  /** Runs the command line in the folder. A non-zero exit code is a result. */
  run(
    args: readonly string[],
    options?: Pick<CliOptions, "env" | "signal" | "onOutput" | "timeoutMs">,
  ): Promise<CommandResult>;
  dispose(): Promise<void>;
}

/** Folder of the executable, as users name it in `plugins.providers`. */
export const PLUGIN_FOLDER = join(findPackageRoot(), "plugin");

const PLUGINS = `plugins:\n  providers:\n    - name: amdgpu\n      path: ${PLUGIN_FOLDER}\n`;

/** @param from where the plugin is: in a folder that Pulumi.yaml names, or installed in the home of Pulumi. */
export const createYamlStack = async (
  text: string,
  from: "folder" | "home" = "folder",
): Promise<YamlStack> => {
  const { PATH } = await ensureYamlHost({ log: (line) => process.stderr.write(`${line}\n`) });
  const home = await createHome();
  const folder = await mkdtemp(join(home.folder, "yaml-"));
  const write = (program: string): Promise<void> =>
    writeFile(
      join(folder, "Pulumi.yaml"),
      `name: yaml-test\nruntime: yaml\n${from === "folder" ? PLUGINS : ""}${program}`,
    );
  const run: YamlStack["run"] = (args, options) =>
    runCli(args, { cwd: folder, home, ...options, env: { PATH, ...options?.env } });
  await write(text);
  const { code, output } = await run(["stack", "init", "test"]);
  if (code !== 0) throw new Error(output);
  return { home, folder, write, run, dispose: () => home.dispose() };
};

import { mkdir, mkdtemp, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";

import { findPackageRoot } from "../../../tools/engine/places.ts";
import type { PulumiHome } from "./home.ts";

export interface ProjectOptions {
  readonly home: PulumiHome;
  /** Path in the folder and content. Pulumi.yaml and package.json are written when they are missing here. */
  readonly files: Readonly<Record<string, string>>;
  /** Packages the program may import, besides ours; taken from our own node_modules. @default SDK, TypeScript, Node types */
  readonly packages?: readonly string[];
  /** Folder of the build of our package to install. @default this one */
  readonly build?: string;
}

/** A user's program in a folder of its own, with our package installed as a link. Gone with its `home`. */
export interface Project {
  readonly folder: string;
}

export const createProject = async (options: ProjectOptions): Promise<Project> => {
  const { home, packages = ["@pulumi/pulumi", "typescript", "@types/node"] } = options;
  const root = findPackageRoot();
  const folder = await mkdtemp(join(home.folder, "project-"));
  const files: ProjectOptions["files"] = {
    "Pulumi.yaml": "name: engine-test\nruntime: nodejs\n",
    "package.json": JSON.stringify({ name: "engine-test", main: "index.ts" }),
    ...options.files,
  };
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), content);
  }
  const links = [
    ...packages.map((name) => [name, join(root, "node_modules", name)]),
    ["pulumi-amd-gpu", options.build ?? root],
  ];
  for (const [name = "", target = ""] of links) {
    const link = join(folder, "node_modules", name);
    await mkdir(dirname(link), { recursive: true });
    await symlink(target, link);
  }
  return { folder };
};

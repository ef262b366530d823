import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** What a test needs: nothing, root and Debian packages for hosts in namespaces, or a Pulumi engine as well. */
export type Project = "unit" | "host" | "engine";

/** A test that reaches one of these needs that project's setup. */
const NEEDS: readonly (readonly [Project, RegExp])[] = [
  ["engine", /^(?:pulumi-amd-gpu$|test\/(?:support\/engine(?:\/|\.ts$)|package\/|tools\/engine-runs\.))/],
  ["host", /^test\/(?:support\/(?:sshd|namespaces)\.ts$|render\/loaded-by-systemd\.ts$)/],
];

/** Of files of ours, and of the built package by its name. */
const IMPORT = /\b(?:from|import)\s*\(?\s*"(\.{1,2}\/[^"]+\.ts|pulumi-amd-gpu)"/g;

/** Leaves nothing behind when it runs. */
const TYPE_IMPORT = /^(?:import|export) type [^;]*;$/gm;

/**
 * The test files of each project, by what they import, directly or not: a new test lands where it belongs by itself.
 *
 * @param root folder of the package.
 */
export function testFilesByProject(root: string): Readonly<Record<Project, string[]>> {
  const imports = new Map<string, readonly string[]>();
  const importsOf = (file: string): readonly string[] => {
    const known = imports.get(file);
    if (known) return known;
    const text = readFileSync(join(root, file), "utf8").replaceAll(TYPE_IMPORT, "");
    const found = [...text.matchAll(IMPORT)].map(([, path = ""]) =>
      path.startsWith(".") ? join(dirname(file), path) : path,
    );
    imports.set(file, found);
    return found;
  };
  const reached = (file: string): ReadonlySet<string> => {
    const seen = new Set([file]);
    for (const one of seen) for (const next of one.startsWith("test/") ? importsOf(one) : []) seen.add(next);
    return seen;
  };
  const files = readdirSync(join(root, "test"), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".test.ts"))
    .map((name) => join("test", name))
    .toSorted();
  const projects: Record<Project, string[]> = { unit: [], host: [], engine: [] };
  for (const file of files) {
    const all = [...reached(file)];
    const [project] = NEEDS.find(([, pattern]) => all.some((one) => pattern.test(one))) ?? ["unit" as const];
    projects[project].push(file);
  }
  return projects;
}

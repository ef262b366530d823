import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";

import ts from "typescript";
import { expect, test } from "vitest";

import { findPackageRoot } from "../../tools/engine/places.ts";

/** The rooms of `provider/`, from top to bottom: a room imports only rooms below it, values and types alike. */
const ROOMS = [
  "resources",
  "plugin",
  "cli",
  "operations",
  "standalone",
  "wire",
  "access",
  "partitioner",
  "detection",
  "host-record",
  "scheduler",
  "render",
  "models",
  "amd-smi",
  "remote",
  "schema",
  "topology",
];

const root = findPackageRoot();

const files = readdirSync(join(root, "provider"), { recursive: true, encoding: "utf8" })
  .filter((path) => path.endsWith(".ts"))
  .toSorted();

/** Paths in `provider/` that a file imports, late imports and imports of types included. */
const importsOf = new Map(
  files.map((path) => [
    path,
    ts
      .preProcessFile(readFileSync(join(root, "provider", path), "utf8"))
      .importedFiles.map(({ fileName }) => fileName)
      .filter((name) => name.startsWith("."))
      .map((name) => normalize(join(dirname(path), name))),
  ]),
);

/** undefined for the files beside the rooms. */
const roomOf = (path: string): string | undefined => (path.includes("/") ? path.split("/")[0] : undefined);

test("provider/ has these rooms and no others", () => {
  const found = new Set(files.flatMap((path) => roomOf(path) ?? []));
  expect([...found].toSorted()).toEqual(ROOMS.toSorted());
});

test("a room imports only rooms below it, and a file beside the rooms imports no room", () => {
  const upward = [...importsOf].flatMap(([path, targets]) => {
    if (path === "index.ts") return [];
    const room = roomOf(path);
    const level = room === undefined ? ROOMS.length : ROOMS.indexOf(room);
    return targets
      .filter((target) => {
        const other = roomOf(target);
        return other !== undefined && other !== room && ROOMS.indexOf(other) < level;
      })
      .map((target) => `${path} imports ${target}`);
  });
  expect(upward).toEqual([]);
});

test("docs/design.md lists the rooms in this order", () => {
  const text = readFileSync(join(root, "docs/design.md"), "utf8");
  const listed = [...text.matchAll(/^\| `([a-z-]+)\/`/gm)].map(([, room]) => room);
  expect(listed).toEqual(ROOMS);
});

/** Folders of `models/`, from top to bottom, as rooms are. */
const FOLDERS_OF_MODELS = [
  "resolve.ts",
  "sources",
  "checkpoint",
  "calibration",
  "memory",
  "catalog",
  "shape",
];

test("in models/ a folder imports only folders below it", () => {
  /** Files beside the folders find models, and stand above them. */
  const levelOf = (path: string): number =>
    path.split("/").length === 2 ? 0 : FOLDERS_OF_MODELS.indexOf(path.split("/")[1] ?? "");
  const own = [...importsOf].filter(([path]) => path.startsWith("models/"));
  expect(new Set(own.map(([path]) => levelOf(path)))).toEqual(new Set(FOLDERS_OF_MODELS.keys()));
  const upward = own.flatMap(([path, targets]) =>
    targets
      .filter((target) => target.startsWith("models/") && levelOf(target) < levelOf(path))
      .map((target) => `${path} imports ${target}`),
  );
  expect(upward).toEqual([]);
});

/** The linter finds circles of values; those of types alone are as hard to follow. */
test("no file imports itself in a circle, types included", () => {
  const done = new Set<string>();
  const circles: string[] = [];
  const follow = (path: string, way: readonly string[]): void => {
    if (way.includes(path)) circles.push([...way.slice(way.indexOf(path)), path].join(" -> "));
    if (done.has(path) || way.includes(path)) return;
    for (const target of importsOf.get(path) ?? []) follow(target, [...way, path]);
    done.add(path);
  };
  for (const path of files) follow(path, []);
  expect(circles).toEqual([]);
});

/** The engine reads the port of the plugin from it; everything else there is the answer of a command. */
test("standard output belongs to the terminal of the command and to the plugin", () => {
  const writers = files.filter((path) =>
    readFileSync(join(root, "provider", path), "utf8").includes("process.stdout.write("),
  );
  expect(writers).toEqual(["cli/terminal.ts", "plugin/main.ts"]);
});

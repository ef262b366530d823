import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, expect, it } from "vitest";

import { cacheKey, engineVersion, goPrograms, languageHostVersion } from "../../tools/engine/pins.ts";
import { findPackageRoot } from "../../tools/engine/places.ts";

let copy: string;
beforeEach(async () => {
  copy = await mkdtemp(join(tmpdir(), "pulumi-amd-gpu-pins-"));
  await cp(join(findPackageRoot(), "tools", "engine", "go"), join(copy, "tools", "engine", "go"), {
    recursive: true,
  });
});
afterEach(async () => rm(copy, { recursive: true, force: true }));

it("pins the versions that the Go modules require", async () => {
  const requirements = await Promise.all(
    goPrograms.map(async ({ moduleFolder }) => readFile(join(copy, moduleFolder, "go.mod"), "utf8")),
  );
  expect(requirements[0]).toContain(`github.com/pulumi/pulumi/pkg/v3 v${engineVersion} `);
  expect(requirements[1]).toContain(`github.com/pulumi/pulumi/sdk/v3 v${languageHostVersion} `);
});

it("keeps the cache folder's name until a pin changes", async () => {
  const key = await cacheKey(findPackageRoot());
  expect(await cacheKey(copy)).toBe(key);
  expect(key).toContain(`${process.platform}-${process.arch}`);
  for (const { moduleFolder } of goPrograms) {
    const sums = join(copy, moduleFolder, "go.sum");
    const text = await readFile(sums, "utf8");
    await writeFile(sums, `${text}\n`);
    expect(await cacheKey(copy)).not.toBe(key);
    await writeFile(sums, text);
  }
});

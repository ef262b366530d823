import { createHash } from "node:crypto";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

import { create } from "tar";

import { bundlePlugin } from "./bundle.ts";
import { type Files, noticesOf, shippedPackages } from "./packages.ts";

const LAUNCHER = "pulumi-resource-amdgpu";

/** What `pulumi plugin install -f` unpacks. @param root of our package, which is built */
export async function archiveFiles(root: string): Promise<Files> {
  const { files, modules } = await bundlePlugin(join(root, "dist"));
  const own = (path: string): Buffer => readFileSync(join(root, path));
  return {
    LICENSE: own("LICENSE"),
    "THIRD-PARTY-LICENSES.txt": noticesOf(modules),
    [LAUNCHER]: own(`plugin/${LAUNCHER}`),
    "plugin/schema.json": own("plugin/schema.json"),
    ...Object.fromEntries(Object.entries(files).map(([name, text]) => [`dist/plugin/${name}`, text])),
    ...shippedPackages(root),
  };
}

/**
 * Writes the archive and its checksum, in the form of sha256sum. The same files make the same bytes: order, times, modes and owners are
 * fixed.
 *
 * @returns path of the archive
 */
export async function writeArchive(root: string, folder: string): Promise<string> {
  const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
    readonly version: string;
  };
  const files = await archiveFiles(root);
  const name = `${LAUNCHER}-v${version}.tar.gz`;
  const archive = join(folder, name);
  const staged = mkdtempSync(join(tmpdir(), "amdgpu-archive-"));
  try {
    for (const [path, content] of Object.entries(files)) {
      const target = join(staged, path);
      mkdirSync(dirname(target), { recursive: true });
      writeFileSync(target, content);
      chmodSync(target, path === LAUNCHER ? 0o755 : 0o644);
    }
    mkdirSync(folder, { recursive: true });
    await create(
      {
        file: archive,
        cwd: staged,
        gzip: { level: 9 },
        portable: true,
        mtime: new Date(0),
        noDirRecurse: true,
      },
      Object.keys(files).toSorted(),
    );
  } finally {
    rmSync(staged, { recursive: true, force: true });
  }
  const checksum = createHash("sha256").update(readFileSync(archive)).digest("hex");
  writeFileSync(`${archive}.sha256`, `${checksum}  ${name}\n`);
  return archive;
}

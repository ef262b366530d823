import { createHash } from "node:crypto";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";

/**
 * The directory with `main.js`, which the tools of a host run with plain Node. When this code runs as it was written
 * (vitest), its translation is kept under .build by a hash of the sources: never stale, made once.
 */
export async function codeDirectory(): Promise<string> {
  const here = import.meta.dirname;
  if (import.meta.filename.endsWith(".js")) return here;
  const names = readdirSync(here, { recursive: true, encoding: "utf8" }).filter((name) =>
    name.endsWith(".ts"),
  );
  const sources = names.toSorted().map((name) => ({ name, text: readFileSync(join(here, name), "utf8") }));
  const hash = createHash("sha256").update(JSON.stringify(sources)).digest("hex").slice(0, 16);
  const kept = join(here, "../../../.build/fake-node");
  const target = join(kept, hash);
  if (existsSync(target)) return target;
  const { default: typescript } = await import("typescript");
  mkdirSync(kept, { recursive: true });
  const building = mkdtempSync(join(kept, "new-"));
  // mkdtemp keeps everybody else out, the operator of a host among them.
  chmodSync(building, 0o755);
  for (const { name, text } of sources) {
    const { outputText } = typescript.transpileModule(text, {
      compilerOptions: {
        target: typescript.ScriptTarget.ES2023,
        module: typescript.ModuleKind.ESNext,
        rewriteRelativeImportExtensions: true,
        verbatimModuleSyntax: true,
      },
    });
    mkdirSync(join(building, dirname(name)), { recursive: true });
    writeFileSync(join(building, name.replace(/\.ts$/, ".js")), outputText);
  }
  rename(building, target);
  return target;
}

/** Another test process may have been faster; its translation is the same. */
function rename(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    if (!existsSync(to)) throw error;
    rmSync(from, { recursive: true, force: true });
  }
}

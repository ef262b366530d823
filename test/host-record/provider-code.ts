import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

import typescript from "typescript";

const ROOT = join(import.meta.dirname, "../..");

/** The provider as plain JavaScript for processes of their own, translated as it is now, not as it was last built. */
export function providerCode(): string {
  const source = join(ROOT, "provider");
  const names = readdirSync(source, { recursive: true, encoding: "utf8" }).filter((name) =>
    name.endsWith(".ts"),
  );
  const files = names.map((name) => ({ name, text: readFileSync(join(source, name), "utf8") }));
  const hash = createHash("sha256").update(JSON.stringify(files)).digest("hex").slice(0, 16);
  const kept = join(ROOT, ".build/provider-code");
  const target = join(kept, hash);
  if (existsSync(target)) return target;
  rmSync(kept, { recursive: true, force: true });
  const building = join(kept, `new-${process.pid}`);
  for (const { name, text } of files) {
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
  renameSync(building, target);
  return target;
}

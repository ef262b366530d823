import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import ts from "typescript";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";

import { findPackageRoot } from "../../tools/engine/places.ts";
import { type Block, blocksOf, pages } from "../docs/code/blocks.ts";
import { commandsOf, problemOf } from "../docs/code/commands.ts";
import { missing } from "../docs/code/missing.ts";
import { pageProgram } from "../docs/code/page-program.ts";
import { TAKEN_FOR_GRANTED } from "../docs/code/taken-for-granted.ts";
import { yamlProblems } from "../docs/code/yaml-problems.ts";
import { createHome, createProject, type PulumiHome, runCli } from "../support/engine.ts";

/** `test/docs/containers.test.ts` runs every line of it. */
const RUN_ELSEWHERE = "docs/containers.md";

const blocks = pages.flatMap((page) => blocksOf(page));
const ofLanguage = (...languages: readonly string[]): readonly Block[] =>
  blocks.filter(({ language }) => languages.includes(language));
const compiled = pages.filter(
  (page) => page !== RUN_ELSEWHERE && ofLanguage("ts").some((block) => block.page === page),
);

describe("the code of README and docs", () => {
  let home: PulumiHome;
  let folder: string;
  beforeAll(async () => {
    home = await createHome();
    const [program] = blocksOf("README.md");
    ({ folder } = await createProject({ home, files: { "index.ts": program?.text ?? "" } }));
  });
  afterAll(() => home?.dispose());

  const run = (...args: string[]) => runCli(args, { cwd: folder, home });

  it("is of a kind that is tried here, or is output", () => {
    expect(new Set(blocks.map(({ language }) => language))).toEqual(
      new Set(["ts", "js", "json", "yaml", "sh", "text"]),
    );
    expect(compiled.length).toBeGreaterThan(5);
  });

  it.each(compiled)("compiles against the built package, on %s", (page) => {
    const { text, starts } = pageProgram(
      ofLanguage("ts").filter((block) => block.page === page),
      TAKEN_FOR_GRANTED[page] ?? "",
    );
    const path = join(folder, `${page.replaceAll(/\W/g, "-")}.ts`);
    writeFileSync(path, text);
    const program = ts.createProgram([path], {
      target: ts.ScriptTarget.ES2022,
      module: ts.ModuleKind.NodeNext,
      strict: true,
      noEmit: true,
      skipLibCheck: true,
      types: ["node"],
      typeRoots: [join(folder, "node_modules/@types")],
    });
    const problems = ts.getPreEmitDiagnostics(program).map(({ file, start = 0, messageText }) => {
      const line = (file?.getLineAndCharacterOfPosition(start).line ?? 0) + 1;
      const found = starts.findLast((one) => one.line <= line);
      const at = found ? `line ${found.block.line + 1 + line - found.line}` : "before the first block";
      return `${at}: ${ts.flattenDiagnosticMessageText(messageText, "\n")}`;
    });
    expect(problems).toEqual([]);
  });

  it.each(ofLanguage("js"))("runs and prints what $page says, at line $line", ({ page, line, text }) => {
    const printed = blocksOf(page).find((block) => block.line > line);
    writeFileSync(join(folder, "block.mjs"), text);
    const output = execFileSync(process.execPath, ["block.mjs"], { cwd: folder, encoding: "utf8" });
    expect(output).toBe(printed?.text);
  });

  it.each(ofLanguage("json"))("is JSON on $page, at line $line", ({ text }) => {
    expect(parse(text)).toEqual(JSON.parse(text));
  });

  it.each(ofLanguage("yaml"))("fits the plugin's schema on $page, at line $line", ({ text }) => {
    expect(yamlProblems(text)).toEqual([]);
  });

  it("has only commands that exist", () => {
    const { scripts } = JSON.parse(readFileSync(join(findPackageRoot(), "package.json"), "utf8")) as {
      readonly scripts: Readonly<Record<string, string>>;
    };
    const commands = ofLanguage("sh").flatMap(({ text }) => commandsOf(text));
    expect(commands.length).toBeGreaterThan(10);
    expect(commands.map((command) => problemOf(command, scripts)).filter(Boolean)).toEqual([]);
  });

  it("of README previews and applies as README shows", async () => {
    const [, preview, arguments_] = blocksOf("README.md");
    await run("stack", "init", "dev");
    expect(missing(preview, (await run("preview")).output)).toEqual([]);
    expect(missing(arguments_, (await run("up", "--yes", "--skip-preview")).output)).toEqual([]);
    await run("destroy", "--yes", "--skip-preview");
  });

  it("of README is refused as README shows", async () => {
    const [program, , , refusal] = blocksOf("README.md");
    const text = program?.text.replace('"NPS4"', '"NPS2"') ?? "";
    const project = await createProject({ home, files: { "index.ts": text } });
    const options = { cwd: project.folder, home };
    await runCli(["stack", "init", "refused"], options);
    expect(missing(refusal, (await runCli(["preview"], options)).output)).toEqual([]);
  });
});

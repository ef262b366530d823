import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import typescript from "typescript";

/** Fewer words are a name, or a part of a sentence. */
const TOKENS = 3;
const WORDS = 2;

/** Tables have examples; the catalog names its sources; the calibration reads what vLLM prints. */
const LEFT_OUT = /messages\.ts$|^models\/catalog\/catalog-data\.ts$|^models\/calibration\/vllm-log\.ts$/;

/** What a script on the host prints. */
const PRINTED = /\b(?:say|complain) "([^"]+)"/g;

/** The sentences of `provider/` that are made outside of the tables of messages, by file; `{…}` stands for a value. */
export const inlineSentences = (provider: string): ReadonlyMap<string, readonly string[]> =>
  new Map(
    readdirSync(provider, { recursive: true, encoding: "utf8" })
      .filter((path) => path.endsWith(".ts") && !LEFT_OUT.test(path))
      .toSorted()
      .map((path) => [path, sentencesOf(join(provider, path))] as const)
      .filter(([, sentences]) => sentences.length > 0),
  );

function sentencesOf(path: string): readonly string[] {
  const text = readFileSync(path, "utf8");
  const source = typescript.createSourceFile(path, text, typescript.ScriptTarget.ES2023, true);
  const found: string[] = [];
  const visit = (node: typescript.Node): void => {
    if (typescript.isImportDeclaration(node) || typescript.isExportDeclaration(node)) return;
    const sentence = sentenceOf(node);
    if (sentence !== undefined) found.push(...(sentence.includes("\n") ? printedBy(sentence) : [sentence]));
    typescript.forEachChild(node, visit);
  };
  visit(source);
  return [...new Set(found)].filter(isSentence);
}

function sentenceOf(node: typescript.Node): string | undefined {
  if (typescript.isStringLiteral(node) || typescript.isNoSubstitutionTemplateLiteral(node)) return node.text;
  if (!typescript.isTemplateExpression(node)) return undefined;
  return [node.head.text, ...node.templateSpans.map(({ literal }) => literal.text)].join("{…}");
}

const printedBy = (script: string): readonly string[] =>
  [...script.matchAll(PRINTED)].map(([, text]) => text ?? "");

function isSentence(text: string): boolean {
  const tokens = text.split(/\s+/).filter((token) => token !== "");
  return (
    !text.includes("\0") &&
    tokens.length >= TOKENS &&
    tokens.filter((token) => /^\W*[a-z]{2,}/i.test(token)).length >= WORDS
  );
}

import { readFileSync } from "node:fs";

import typescript from "typescript";

/** Fewer words than this are a part of a sentence, or a name. */
const WORDS = 4;

const SCRIPT = /\n|exit 0/;

/**
 * The fixed parts of the sentences that a source file can say to a user: of every text with some words, the longest stretch
 * without a value in it. Scripts, thrown assertions about ourselves and progress are none.
 */
export function sentencesOf(path: string): readonly string[] {
  const source = typescript.createSourceFile(
    path,
    readFileSync(path, "utf8"),
    typescript.ScriptTarget.ES2023,
    true,
  );
  const found: string[] = [];
  const visit = (node: typescript.Node): void => {
    if (typescript.isCallExpression(node) && node.expression.getText(source).endsWith("progress")) return;
    const parts = partsOf(node);
    if (parts) {
      const longest = parts.reduce((one, other) => (other.length > one.length ? other : one)).trim();
      const isSentence = longest.split(/\s+/).length >= WORDS && !parts.some((part) => SCRIPT.test(part));
      if (isSentence) found.push(longest);
    }
    typescript.forEachChild(node, visit);
  };
  visit(source);
  return [...new Set(found)];
}

function partsOf(node: typescript.Node): readonly string[] | undefined {
  if (typescript.isStringLiteral(node) || typescript.isNoSubstitutionTemplateLiteral(node))
    return [node.text];
  if (!typescript.isTemplateExpression(node)) return undefined;
  return [node.head.text, ...node.templateSpans.map((span) => span.literal.text)];
}

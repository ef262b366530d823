import ts from "typescript";

import type { Block } from "./blocks.ts";

/** A program, and where each block is in it. */
export interface PageProgram {
  readonly text: string;
  /** Line of the program on which the code of the block begins, from 1. */
  readonly starts: readonly { readonly block: Block; readonly line: number }[];
}

/**
 * A page as one program: a block sees what the blocks before it declare and import, as a reader does, and may declare a name anew.
 * So each block is the body of a function inside of that of the block before.
 *
 * @param before what the page takes for granted: declarations that stand before its first block.
 */
export function pageProgram(blocks: readonly Block[], before: string): PageProgram {
  const parts = blocks.map((block) => splitOf(block));
  const lines = [...importsOf(parts.flatMap(({ imports }) => imports)), ...before.trim().split("\n")];
  const starts = parts.map(({ block, body }, number) => {
    lines.push(`export async function block${number}() {`);
    const line = lines.length + 1;
    lines.push(...body.split("\n"));
    return { block, line };
  });
  lines.push("}".repeat(parts.length));
  return { text: nested(lines.join("\n")), starts };
}

/** Only the outermost function can be exported. */
const nested = (text: string): string =>
  text.replaceAll(/^export async function block(?!0\b)/gm, "async function block");

interface Split {
  readonly block: Block;
  readonly imports: readonly ts.ImportDeclaration[];
  /** As many lines as the block has. */
  readonly body: string;
}

function splitOf(block: Block): Split {
  const source = ts.createSourceFile("block.ts", block.text, ts.ScriptTarget.ES2023, true);
  const imports = source.statements.filter(ts.isImportDeclaration);
  let body = block.text;
  for (const one of imports)
    body = body.replace(one.getText(source), (text) => text.replaceAll(/[^\n]/g, ""));
  return { block, imports, body: body.replaceAll(/^export (?=const )/gm, "") };
}

/** One line for each name, however often a page imports it. */
function importsOf(declarations: readonly ts.ImportDeclaration[]): readonly string[] {
  const lines = declarations.flatMap((declaration) => {
    const from = declaration.moduleSpecifier.getText();
    const named = declaration.importClause?.namedBindings;
    if (named && ts.isNamedImports(named))
      return named.elements.map((element) => `import { ${element.getText()} } from ${from};`);
    return [declaration.getText()];
  });
  return [...new Set(lines)];
}

import { join, relative } from "node:path";

import ts from "typescript";
import { expect, test } from "vitest";

import { findPackageRoot } from "../../tools/engine/places.ts";

/*
 * The types of the package as its users get them: `dist/index.d.ts` and what that imports.
 */

const root = findPackageRoot();
const entry = join(root, "dist/index.d.ts");

const program = ts.createProgram([entry], {
  module: ts.ModuleKind.Node20,
  target: ts.ScriptTarget.ES2023,
  types: ["node"],
  typeRoots: [join(root, "node_modules/@types")],
  strict: true,
  noEmit: true,
});
const checker = program.getTypeChecker();

const isOurs = (node: ts.Node): boolean => node.getSourceFile().fileName.startsWith(join(root, "dist"));

const targetOf = (symbol: ts.Symbol): ts.Symbol =>
  symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;

const isInternal = (node: ts.Node): boolean =>
  ts.getJSDocTags(node).some((tag) => tag.tagName.text === "internal");

const isPrivate = (node: ts.Node): boolean =>
  ts.canHaveModifiers(node) &&
  (ts.getModifiers(node) ?? []).some(({ kind }) => kind === ts.SyntaxKind.PrivateKeyword);

/** What a user can import by name, the members of exported namespaces included. */
function exportedSymbols(): ReadonlySet<ts.Symbol> {
  const source = program.getSourceFile(entry);
  const module = source && checker.getSymbolAtLocation(source);
  if (!module) throw new Error("dist/index.d.ts is no module; run npm run build");
  const found = new Set<ts.Symbol>();
  const add = (symbol: ts.Symbol): void => {
    const target = targetOf(symbol);
    if (found.has(target)) return;
    found.add(target);
    if (target.flags & ts.SymbolFlags.ValueModule)
      for (const one of checker.getExportsOfModule(target)) add(one);
  };
  for (const symbol of checker.getExportsOfModule(module)) add(symbol);
  return found;
}

const exported = exportedSymbols();

/** Our own types that the declaration of an exported symbol names, with the place. */
function namesIn(declaration: ts.Node): ReadonlyMap<ts.Symbol, string> {
  const found = new Map<ts.Symbol, string>();
  const visit = (node: ts.Node): void => {
    if (isInternal(node) || isPrivate(node)) return;
    const name = ts.isTypeReferenceNode(node)
      ? node.typeName
      : ts.isExpressionWithTypeArguments(node) && ts.isInterfaceDeclaration(node.parent.parent)
        ? node.expression
        : ts.isImportTypeNode(node)
          ? node.qualifier
          : undefined;
    const symbol = name && checker.getSymbolAtLocation(name);
    if (symbol) {
      const target = targetOf(symbol);
      const [at] = target.declarations ?? [];
      if (at && isOurs(at) && !(target.flags & ts.SymbolFlags.TypeParameter))
        found.set(target, relative(join(root, "dist"), at.getSourceFile().fileName));
    }
    ts.forEachChild(node, visit);
  };
  visit(declaration);
  return found;
}

test("every type that a public signature names can be imported", () => {
  const missing = new Map<string, string>();
  for (const symbol of exported)
    for (const declaration of symbol.declarations ?? []) {
      if (!isOurs(declaration) || ts.isSourceFile(declaration)) continue;
      for (const [name, file] of namesIn(declaration))
        if (!exported.has(name)) missing.set(`${name.name} of ${file}`, symbol.name);
    }
  expect(Object.fromEntries(missing)).toEqual({});
});
test("no type of zod reaches a user's program", () => {
  const files = program.getSourceFiles().filter(isOurs);
  const leaks = files.filter(({ text }) =>
    ts.preProcessFile(text).importedFiles.some(({ fileName }) => fileName === "zod"),
  );
  expect(files.length).toBeGreaterThan(20);
  expect(leaks.map(({ fileName }) => relative(root, fileName))).toEqual([]);
});

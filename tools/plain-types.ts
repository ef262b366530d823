/**
 * Rewrites the declarations in dist/ that are made of zod's types: each exported type in full, with the comments of its fields, and each
 * schema as `unknown`. Whoever compiles against the package then needs no zod, whose own declarations ask for `esModuleInterop`.
 *
 *     node .build/tools/plain-types.js
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";

import ts from "typescript";

import { findPackageRoot } from "./engine/places.ts";

const ZOD = /from "zod"/;
const MENTION = /\bz\./;
const { NoTruncation, InTypeAlias } = ts.TypeFormatFlags;

const root = findPackageRoot();
const dist = join(root, "dist");
const sourceOf = (declaration: string): string =>
  join(root, "provider", declaration.replace(/\.d\.ts$/, ".ts"));
/** A file that an earlier build left has no source any more. */
const files = readdirSync(dist, { recursive: true, encoding: "utf8" })
  .filter((name) => name.endsWith(".d.ts") && existsSync(sourceOf(name)))
  .filter((name) => ZOD.test(readFileSync(join(dist, name), "utf8")));

/** Types are read from the sources: declarations have lost the comments of fields. */
const { config } = ts.readConfigFile(join(root, "tsconfig.json"), (path) => ts.sys.readFile(path)) as {
  readonly config: unknown;
};
const program = ts.createProgram(files.map(sourceOf), {
  ...ts.parseJsonConfigFileContent(config, ts.sys, root).options,
  noEmit: true,
});
const checker = program.getTypeChecker();

function typeOf(declaration: string, name: string): ts.Type {
  const source = program.getSourceFile(sourceOf(declaration));
  const module = source && checker.getSymbolAtLocation(source);
  const symbol = module && checker.getExportsOfModule(module).find((one) => one.name === name);
  if (!symbol) throw new Error(`${declaration} exports no ${name}`);
  return checker.getDeclaredTypeOfSymbol(symbol);
}

/** The comment before a field, wherever it was declared: lines without their indentation. */
function commentOf(symbol: ts.Symbol): readonly string[] {
  const [declaration] = symbol.declarations ?? [];
  if (!declaration) return [];
  const { text } = declaration.getSourceFile();
  const range = ts.getLeadingCommentRanges(text, declaration.getFullStart())?.at(-1);
  if (!range) return [];
  const lines = text.slice(range.pos, range.end).split("\n");
  return lines.map((line) => line.trim()).map((line) => (line.startsWith("*") ? ` ${line}` : line));
}

const isObject = (type: ts.Type): boolean =>
  (type.flags & ts.TypeFlags.Object) !== 0 && type.getCallSignatures().length === 0;

/**
 * A name of ours that stands for itself: where its file has nothing of zod, such as a number with a unit; and an interface beside a
 * schema, because such a type is made of itself.
 */
function nameOf(type: ts.Type, from: string): string | undefined {
  const symbol = type.aliasSymbol ?? type.symbol;
  const [declaration] = (symbol as ts.Symbol | undefined)?.declarations ?? [];
  const file = declaration?.getSourceFile();
  if (!declaration || !file) return undefined;
  const isOurs = type.aliasSymbol
    ? type.isIntersection() && !ZOD.test(file.text)
    : ts.isInterfaceDeclaration(declaration) && files.some((one) => sourceOf(one) === file.fileName);
  if (!isOurs) return undefined;
  const target = relative(dirname(sourceOf(from)), file.fileName).replace(/\.ts$/, ".js");
  return `import("${target.startsWith(".") ? target : `./${target}`}").${symbol.name}`;
}

/** A type in full, names of ours resolved. @param from the declaration file, relative to dist */
function inFull(type: ts.Type, from: string, indent: string): string {
  const name = nameOf(type, from);
  if (name !== undefined) return name;
  if (type.isUnion()) {
    const members = type.types.filter(({ flags }) => !(flags & ts.TypeFlags.Undefined));
    const booleans = members.filter(({ flags }) => flags & ts.TypeFlags.BooleanLiteral);
    const others = members.filter(({ flags }) => !(flags & ts.TypeFlags.BooleanLiteral));
    return [
      ...others.map((member) => inFull(member, from, indent)),
      ...(booleans.length === 2 ? ["boolean"] : booleans.map((member) => checker.typeToString(member))),
    ].join(" | ");
  }
  if (checker.isTupleType(type)) return checker.typeToString(type, undefined, NoTruncation | InTypeAlias);
  if (checker.isArrayType(type)) {
    const [element] = checker.getTypeArguments(type as ts.TypeReference);
    return `readonly (${element ? inFull(element, from, indent) : "unknown"})[]`;
  }
  if (!isObject(type)) return checker.typeToString(type, undefined, NoTruncation | InTypeAlias);
  return membersOf(type, from, indent);
}

function membersOf(type: ts.Type, from: string, indent: string): string {
  const inner = `${indent}    `;
  const fields = checker.getPropertiesOfType(type).flatMap((property) => {
    const optional = (property.flags & ts.SymbolFlags.Optional) !== 0;
    const name = /^[A-Za-z_]\w*$/.test(property.name) ? property.name : JSON.stringify(property.name);
    const value = inFull(checker.getTypeOfSymbol(property), from, inner);
    return [
      ...commentOf(property).map((line) => `${inner}${line}`),
      `${inner}readonly ${name}${optional ? `?: ${value} | undefined` : `: ${value}`};`,
    ];
  });
  const open = checker.getIndexInfosOfType(type).map(({ keyType, type: value }) => {
    return `${inner}readonly [key: ${checker.typeToString(keyType)}]: ${inFull(value, from, inner)};`;
  });
  return `{\n${[...fields, ...open].join("\n")}\n${indent}}`;
}

/** A statement without zod's types; undefined where that cannot be. */
function plain(path: string, source: ts.SourceFile, statement: ts.Statement): string | undefined {
  const text = statement.getFullText(source);
  const comment = text.slice(0, text.length - statement.getText(source).length);
  if (ts.isImportDeclaration(statement)) return ZOD.test(text) ? "" : text;
  if (!MENTION.test(text)) return text;
  const isType = ts.isTypeAliasDeclaration(statement) || ts.isInterfaceDeclaration(statement);
  if (!isType && !ts.isVariableStatement(statement)) return undefined;
  if (!ts.getModifiers(statement)?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword)) return "";
  if (ts.isInterfaceDeclaration(statement)) {
    const name = statement.name.text;
    return `${comment}export interface ${name} ${membersOf(typeOf(path, name), path, "")}`;
  }
  if (ts.isTypeAliasDeclaration(statement)) {
    const name = statement.name.text;
    return `${comment}export type ${name} = ${inFull(typeOf(path, name), path, "")};`;
  }
  const names = statement.declarationList.declarations.map(({ name }) => name.getText(source));
  return names.map((name) => `${comment}export declare const ${name}: unknown;`).join("");
}

for (const path of files) {
  const text = readFileSync(join(dist, path), "utf8");
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.ES2023, true);
  const statements = source.statements.map((statement) => plain(path, source, statement));
  // A function that takes a type of zod is for our own use, and no public declaration leads there.
  if (statements.every((statement) => statement !== undefined))
    writeFileSync(join(dist, path), `${statements.join("")}\nexport {};\n`);
}

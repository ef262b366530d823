import ts from "typescript";

import type { JsonSchema } from "./json-schema.ts";

/** Numbers beyond are no limit that a reader needs. */
const LIMIT = 1_000_000;

const or = (texts: readonly string[]): string => [...new Set(texts)].join(" | ");

const list = (element: string): string => (element.includes(" | ") ? `(${element})[]` : `${element}[]`);

const field = (name: string): string => (/^\w+$/.test(name) ? name : JSON.stringify(name));

/** The type of a property, as a program writes it. Objects are named by their fields. */
export function typeOfSchema(json: JsonSchema): string {
  const alternatives = json.anyOf ?? json.oneOf;
  if (alternatives) return or(alternatives.map((one) => typeOfSchema(one)));
  if (json.const !== undefined) return JSON.stringify(json.const);
  if (json.enum) return or(json.enum.map((value) => JSON.stringify(value)));
  if (json.items) return list(typeOfSchema(json.items));
  if (json.properties) {
    const names = Object.keys(json.properties);
    return `{${names.map((name) => (json.required?.includes(name) ? field(name) : `${field(name)}?`)).join(", ")}}`;
  }
  if (json.type === "object") return "{[name]: …}";
  return json.type === "integer" ? "number" : (json.type ?? "any");
}

/** "1 to 8", for numbers that have both limits. */
export function rangeOf({ minimum, maximum }: JsonSchema): string | undefined {
  if (minimum === undefined || maximum === undefined || maximum > LIMIT) return undefined;
  return `${minimum} to ${maximum}`;
}

/** The type of a declared property. What Pulumi wraps around it is the same for all of them and is left out. */
export function typeOfDeclaration(type: ts.Type, checker: ts.TypeChecker): string {
  return declaredText(type, checker, typeOfMembers);
}

type Inner = (type: ts.Type, checker: ts.TypeChecker) => string;

function declaredText(type: ts.Type, checker: ts.TypeChecker, inner: Inner): string {
  const wrapped = type.aliasTypeArguments?.[0];
  const name = type.aliasSymbol?.name ?? type.symbol?.name;
  if ((name === "OutputInstance" || name === "Output") && wrapped)
    return declaredText(wrapped, checker, inner);
  if (type.isUnion()) {
    const members = type.types.filter(({ flags }) => !(flags & ts.TypeFlags.Undefined));
    return or(members.map((member) => declaredText(member, checker, inner)));
  }
  if (checker.isArrayType(type)) {
    const [element] = checker.getTypeArguments(type as ts.TypeReference);
    return list(element ? declaredText(element, checker, inner) : "any");
  }
  if (type.isClass()) return type.symbol.name;
  const isObject = (type.flags & ts.TypeFlags.Object) !== 0 && type.getCallSignatures().length === 0;
  return isObject ? inner(type, checker) : checker.typeToString(type);
}

function typeOfMembers(type: ts.Type, checker: ts.TypeChecker): string {
  const names = checker
    .getPropertiesOfType(type)
    .map((one) => (one.flags & ts.SymbolFlags.Optional ? `${one.name}?` : one.name));
  const [index] = checker.getIndexInfosOfType(type);
  if (index && names.length === 0) return `{[name]: ${declaredText(index.type, checker, typeOfMembers)}}`;
  return `{${names.join(", ")}}`;
}

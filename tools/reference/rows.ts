import { join } from "node:path";

import type { Declarations, Documented, Module } from "./declarations.ts";
import type { JsonSchema } from "./json-schema.ts";
import { rangeOf, typeOfDeclaration, typeOfSchema } from "./type-text.ts";

/** One property of a table. */
export interface Row {
  readonly name: string;
  /** As code. */
  readonly type: string;
  /** Beside the type, in words. */
  readonly range?: string;
  readonly required: boolean;
  readonly fallback?: string;
  readonly description: string;
}

/** The properties of a schema's object. Each has a description, and a default that its comment tells as the schema does. */
export function rowsOfSchema({ properties = {}, required = [] }: JsonSchema): readonly Row[] {
  return Object.entries(properties).flatMap(([name, property]) => {
    const { description, fallback } = property;
    if (description === undefined) return [];
    judgeFallback(name, property);
    const range = rangeOf(property);
    return {
      name,
      type: typeOfSchema(property),
      ...(range !== undefined && { range }),
      required: required.includes(name),
      ...(fallback !== undefined && { fallback }),
      description,
    };
  });
}

function judgeFallback(name: string, { default: value, fallback }: JsonSchema): void {
  if (value === undefined || typeof value === "object") return;
  const told = JSON.stringify(value);
  if (fallback !== told) throw new Error(`${name}: its default is ${told}, and its comment says ${fallback}`);
}

/** The properties that a module declares for an interface or a class, without those it inherits. */
export function rowsOfDeclaration(declarations: Declarations, module: Module, name: string): readonly Row[] {
  const { checker } = declarations;
  const own = checker
    .getPropertiesOfType(declarations.declared(module, name))
    .filter((property) => property.declarations?.[0]?.getSourceFile().fileName.endsWith(join("/", module)))
    .filter((property) => !property.name.startsWith("#") && !declarations.isInternal(property));
  return own.map((property) => {
    const documented: Documented | undefined = declarations.documented(property);
    if (!documented) throw new Error(`${name}.${property.name} has no comment`);
    const type = checker.getTypeOfSymbol(property);
    const optional = type.isUnion() && checker.getNonNullableType(type) !== type;
    return {
      name: property.name,
      type: typeOfDeclaration(type, checker),
      required: !optional,
      ...documented,
    };
  });
}

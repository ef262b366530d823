import { join } from "node:path";

import ts from "typescript";

import { findPackageRoot } from "../engine/places.ts";

/** What the comment of a property says of it. */
export interface Documented {
  readonly description: string;
  /** In the words of the comment's `@default`. */
  readonly fallback?: string;
}

const MODULES = [
  "provider/schema/partition.ts",
  "provider/schema/profiles.ts",
  "provider/schema/connection.ts",
  "provider/schema/serving.ts",
  "provider/schema/model-spec.ts",
  "provider/schema/allocation.ts",
  "provider/schema/provider-config.ts",
  "provider/schema/functions.ts",
  "provider/resources/gpu-partition-config.ts",
  "provider/resources/model-allocation.ts",
  "provider/resources/model-fleet.ts",
] as const;
export type Module = (typeof MODULES)[number];

/** The sources as the compiler reads them, with the comments of properties: also those of types that are made of a schema. */
export class Declarations {
  readonly #program: ts.Program;
  readonly checker: ts.TypeChecker;
  readonly #root = findPackageRoot();

  constructor() {
    const path = join(this.#root, "tsconfig.json");
    const { config } = ts.readConfigFile(path, (file) => ts.sys.readFile(file)) as {
      readonly config: unknown;
    };
    const { options } = ts.parseJsonConfigFileContent(config, ts.sys, this.#root);
    this.#program = ts.createProgram(
      MODULES.map((module) => join(this.#root, module)),
      { ...options, noEmit: true },
    );
    this.checker = this.#program.getTypeChecker();
  }

  /** What a user may write for a schema. */
  inputOf(module: Module, schema: string): ts.Type {
    const internals = this.#property(this.checker.getTypeOfSymbol(this.#exported(module, schema)), "_zod");
    return this.#property(internals, "input");
  }

  /** An interface, or the instances of a class. */
  declared(module: Module, name: string): ts.Type {
    return this.checker.getDeclaredTypeOfSymbol(this.#exported(module, name));
  }

  documented(property: ts.Symbol): Documented | undefined {
    const description = oneLine(property.getDocumentationComment(this.checker));
    const tag = property.getJsDocTags(this.checker).find(({ name }) => name === "default");
    const fallback = tag && oneLine(tag.text);
    return description === "" ? undefined : { description, ...(fallback !== undefined && { fallback }) };
  }

  isInternal(property: ts.Symbol): boolean {
    return property.getJsDocTags(this.checker).some(({ name }) => name === "internal");
  }

  #property(type: ts.Type, name: string): ts.Type {
    const symbol = type.getProperty(name);
    if (!symbol) throw new Error(`${this.checker.typeToString(type)} has no ${name}: not a schema`);
    return this.checker.getTypeOfSymbol(symbol);
  }

  #exported(module: Module, name: string): ts.Symbol {
    const source = this.#program.getSourceFile(join(this.#root, module));
    const symbol = source && this.checker.getSymbolAtLocation(source);
    const found = symbol && this.checker.getExportsOfModule(symbol).find((one) => one.name === name);
    if (!found) throw new Error(`${module} exports no ${name}`);
    return found;
  }
}

const oneLine = (parts: ts.SymbolDisplayPart[] | undefined): string =>
  ts.displayPartsToString(parts).replaceAll(/\s+/g, " ").trim();

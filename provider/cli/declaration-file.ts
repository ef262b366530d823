import { readFile } from "node:fs/promises";
import { text } from "node:stream/consumers";

import type { LayoutDeclaration } from "../standalone/declaration.ts";
import { reasonOf } from "./reach.ts";
import { UsageError } from "./usage-error.ts";

/** Reads a declaration; "-" is standard input. @throws UsageError */
export async function readDeclaration(path: string): Promise<LayoutDeclaration> {
  const name = path === "-" ? "standard input" : path;
  const content = path === "-" ? await text(process.stdin) : await readOrRefuse(path);
  let value: unknown;
  try {
    value = JSON.parse(content);
  } catch {
    throw new UsageError(`${name} is not JSON; \`pulumi-amd-gpu export\` prints a declaration`);
  }
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new UsageError(`${name} must be an object, such as \`pulumi-amd-gpu export\` prints`);
  return value;
}

async function readOrRefuse(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    throw new UsageError(`cannot read ${path}: ${reasonOf(error)}`);
  }
}

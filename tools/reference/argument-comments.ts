import ts from "typescript";

import type { JsonSchema } from "./json-schema.ts";

/** Columns of a comment that stands on one line, or of each line of a longer one. */
const WIDTH = 120;
const INDENT = "  ";

/**
 * The text of a source file in which every property of some interfaces has the comment of the schema's property.
 *
 * @param schemas by the name of the interface.
 * @throws Error when a schema has no such property, or the file no such interface.
 */
export function withComments(text: string, schemas: Readonly<Record<string, JsonSchema>>): string {
  const source = ts.createSourceFile("arguments.ts", text, ts.ScriptTarget.ES2023, true);
  const edits = Object.entries(schemas).flatMap(([name, schema]) => {
    const found = source.statements.filter(ts.isInterfaceDeclaration).find((one) => one.name.text === name);
    if (!found) throw new Error(`there is no interface ${name}`);
    return found.members.filter(ts.isPropertySignature).map((member) => editOf(source, name, member, schema));
  });
  return edits
    .toSorted((one, other) => other.from - one.from)
    .reduce((edited, { from, to, comment }) => edited.slice(0, from) + comment + edited.slice(to), text);
}

interface Edit {
  readonly from: number;
  readonly to: number;
  readonly comment: string;
}

function editOf(
  source: ts.SourceFile,
  owner: string,
  member: ts.PropertySignature,
  { properties = {} }: JsonSchema,
): Edit {
  const name = ts.isStringLiteral(member.name) ? member.name.text : member.name.getText(source);
  const property = properties[name];
  if (property?.description === undefined)
    throw new Error(`${owner}.${name} has no description in its schema`);
  const [first] = ts.getLeadingCommentRanges(source.text, member.getFullStart()) ?? [];
  const start = member.getStart(source);
  return { from: first?.pos ?? start, to: start, comment: `${commentOf(property)}\n${INDENT}` };
}

function commentOf({ description = "", fallback }: JsonSchema): string {
  const tag = fallback === undefined ? "" : `@default ${fallback}`;
  const text = [description, tag].filter((part) => part !== "").join(" ");
  if (text.length <= WIDTH) return `/** ${text} */`;
  const lines = [...wrapped(description), ...(tag === "" ? [] : ["", tag])];
  return ["/**", ...lines.map((line) => `${INDENT} * ${line}`.trimEnd()), `${INDENT} */`].join("\n");
}

function wrapped(text: string): readonly string[] {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + word.length < WIDTH) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}

import { plainText } from "../../plain-text.ts";

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&apos;",
};

/** Not characters of XML 1.0 in any form; control characters and lone surrogates are spelled out before. */
const FORBIDDEN = /[\uFFFE\uFFFF]/g;

/** Any text as the content of an element or of an attribute. */
export const xmlText = (text: string): string =>
  plainText(text)
    .replaceAll(FORBIDDEN, "\uFFFD")
    .replaceAll(/[&<>"']/g, (sign) => ENTITIES[sign] ?? "");

type Value = string | number;

/** An element; its children are XML already, made by this function or by `xmlText`. */
export function element(
  name: string,
  attributes: Readonly<Record<string, Value>>,
  children: readonly string[] = [],
): string {
  const given = Object.entries(attributes).map(([key, value]) => ` ${key}="${xmlText(String(value))}"`);
  return children.length === 0
    ? `<${name}${given.join("")}/>`
    : `<${name}${given.join("")}>${children.join("")}</${name}>`;
}

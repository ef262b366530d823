const UNSEEN = /[^\P{Cc}\n]|[\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

const escape = (sign: string): string =>
  Array.from(
    { length: sign.length },
    (_, at) => String.raw`\u${sign.charCodeAt(at).toString(16).padStart(4, "0")}`,
  ).join("");

/** JSON that a terminal bears: what has no shape of its own is escaped, which a parser reads as it was. */
export const jsonText = (value: unknown): string =>
  `${JSON.stringify(value, null, 2).replaceAll(UNSEEN, escape)}\n`;

import { createHash } from "node:crypto";

/** Long enough that two texts never have the same one by chance. */
const DIGITS = 16;

/** 16 hexadecimal digits of a text's SHA-256. State and host records hold some: another length would be another value. */
export const shortDigest = (text: string): string =>
  createHash("sha256").update(text).digest("hex").slice(0, DIGITS);

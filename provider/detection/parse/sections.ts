import { ProbeOutputError } from "../../host-errors.ts";
import { countUnseen, MOST_SPELLED, plainLines } from "../../plain-text.ts";
import { isDocument, isSection, type SectionName } from "../probe/sections.ts";

/** One part of the probe's output. */
export interface Section {
  readonly code: number;
  readonly text: string;
}

export type Sections = ReadonlyMap<SectionName, Section>;

/**
 * Splits the probe's output at the headings that carry our token. Text before the first one (a banner) is dropped. This is where
 * text of a host comes in: from here on a line is a line, and has no character that a terminal would obey.
 */
export function splitSections(output: string, token: string, target = "the host"): Sections {
  assertAtMost(MOST_LINES, "lines and more", linesIn(output), target);
  const sections = new Map<SectionName, Section>();
  for (const part of output.replaceAll("\r\n", "\n").split(`\n==${token} `).slice(1)) {
    const end = part.indexOf("\n");
    const [name = "", code = ""] = part.slice(0, end === -1 ? undefined : end).split(" ");
    const text = end === -1 ? "" : part.slice(end + 1);
    if (!isSection(name)) continue;
    if (isDocument(name)) sections.set(name, { code: Number(code), text });
    else {
      assertAtMost(MOST_SPELLED, "control characters and more", countUnseen(text), target);
      sections.set(name, { code: Number(code), text: plainLines(text) });
    }
  }
  return sections;
}

/** A host of 64 devices prints some thousand, and one for each device file that a process has open. */
const MOST_LINES = 250_000;

/** Not more than one above the most: what a host says may be megabytes of line feeds. */
function linesIn(output: string): number {
  let lines = 0;
  for (let at = output.indexOf("\n"); at !== -1 && lines <= MOST_LINES; at = output.indexOf("\n", at + 1))
    lines++;
  return lines;
}

/** More of something than a host can have is no host: what is read afterwards compares them with each other. */
export function assertAtMost(most: number, what: string, found: number, target: string): void {
  if (found > most) throw new ProbeOutputError(target, `it lists ${found} ${what}`, "");
}

/** A path, a version, a list of kernel modules. */
const LONGEST_VALUE = 4096;

/** "name=value" lines. */
export function parsePairs(text: string): ReadonlyMap<string, string> {
  const pairs = new Map<string, string>();
  for (const line of text.split("\n")) {
    const at = line.indexOf("=");
    if (at > 0) pairs.set(line.slice(0, at), line.slice(at + 1, at + LONGEST_VALUE).trim());
  }
  return pairs;
}

/** What `grep -H ''` prints over many small files: "path:content", by path; several lines of one file in order. */
export function parseFiles(text: string): ReadonlyMap<string, readonly string[]> {
  const files = new Map<string, string[]>();
  for (const line of text.split("\n")) {
    const at = line.indexOf(":");
    if (at < 1) continue;
    const path = line.slice(0, at);
    const lines = files.get(path) ?? [];
    files.set(path, lines);
    lines.push(line.slice(at + 1));
  }
  return files;
}

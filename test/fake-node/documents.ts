export type Row = Readonly<Record<string, unknown>>;

/** The JSON documents in an output of amd-smi, in order; what stands between them is left out. */
export function documents(stdout: string): readonly unknown[] {
  const found: unknown[] = [];
  let lines: string[] | undefined;
  for (const line of stdout.split("\n")) {
    if (lines === undefined && (line === "[" || line === "{")) lines = [];
    if (lines === undefined) continue;
    lines.push(line);
    if (line === "]" || line === "}") {
      found.push(JSON.parse(lines.join("\n")));
      lines = undefined;
    }
  }
  return found;
}

/** The rows of all documents, or of one section of the first, whatever this release wraps them in. */
export function rows(stdout: string, section = "gpu_data"): readonly Row[] {
  return documents(stdout).flatMap((document) =>
    Array.isArray(document)
      ? (document as readonly Row[])
      : ((document as Record<string, readonly Row[]>)[section] ?? []),
  );
}

/** One column of rows. */
export const column = (of: readonly Row[], key: string): readonly unknown[] => of.map((row) => row[key]);

/** The object at a path of keys. */
export const part = (of: Row | undefined, ...path: readonly string[]): Row => {
  let at: unknown = of;
  for (const key of path) at = (at as Row)[key];
  return at as Row;
};

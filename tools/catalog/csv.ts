/**
 * The rows of an RFC 4180 table as objects keyed by its first line.
 *
 * @throws Error naming the line when a row has not as many fields as the header, or a quote is never closed.
 */
export function parseCsv(text: string): readonly ReadonlyMap<string, string>[] {
  const [header, ...records] = splitRecords(text);
  if (!header || header.join("") === "") throw new Error("the table is empty: it has no header line");
  return records.map((fields, row) => {
    if (fields.length !== header.length) {
      throw new Error(
        `row ${row + 1} has ${fields.length} fields and the header ${header.length}: ${fields.join(",")}`,
      );
    }
    return new Map(header.map((name, column) => [name, fields[column] ?? ""]));
  });
}

/** One field and what ends it: a quoted field with doubled quotes, or everything up to the next comma or line end. */
const FIELD = /(?:"((?:[^"]|"")*)"|([^",\n]*))(,|\n|$)/y;

function splitRecords(text: string): string[][] {
  const source = text.replaceAll("\r\n", "\n").replace(/\n+$/, "");
  const records: string[][] = [];
  let record: string[] = [];
  FIELD.lastIndex = 0;
  for (;;) {
    const start = FIELD.lastIndex;
    const match = FIELD.exec(source);
    if (!match) throw new Error(`cannot read the table at "${source.slice(start, start + 40)}"`);
    const [, quoted, plain = "", end] = match;
    record.push(quoted === undefined ? plain : quoted.replaceAll('""', '"'));
    if (end === ",") continue;
    records.push(record);
    record = [];
    if (end === "") return records;
  }
}

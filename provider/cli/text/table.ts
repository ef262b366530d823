import { type Line, type Part, span, widthOf } from "./line.ts";

export interface Column {
  readonly title: string;
  /** @default "left" */
  readonly align?: "left" | "right";
}

const GAP = "  ";

/** Columns as wide as their widest cell. Without rows there is no table. */
export function table(columns: readonly Column[], rows: readonly (readonly Part[])[]): readonly Line[] {
  if (rows.length === 0) return [];
  const heads = columns.map(({ title }) => span("dim", title));
  const widths = columns.map((_, number) =>
    Math.max(...[heads, ...rows].map((row) => widthOf(row[number] ?? ""))),
  );
  return [heads, ...rows].map((row) =>
    columns.flatMap(({ align = "left" }, number) => {
      const cell = row[number] ?? "";
      const blanks = " ".repeat((widths[number] ?? 0) - widthOf(cell));
      const gap = number === 0 ? [] : [GAP];
      return align === "right" ? [...gap, blanks, cell] : [...gap, cell, blanks];
    }),
  );
}

/** A Markdown table whose source is aligned too: columns of numbers to the right, others to the left. */
export function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const columns = header.map((name, column) => {
    const cells = rows.map((row) => row[column] ?? "");
    const width = Math.max(name.length, ...cells.map((cell) => cell.length), 3);
    return { width, numeric: cells.length > 0 && cells.every(isNumber) };
  });
  const line = (cells: readonly string[]): string => {
    const padded = columns.map(({ width, numeric }, column) => {
      const cell = cells[column] ?? "";
      return numeric ? cell.padStart(width) : cell.padEnd(width);
    });
    return `| ${padded.join(" | ")} |`.replace(/\s+$/, "");
  };
  const rule = columns.map(({ width, numeric }) =>
    numeric ? `${"-".repeat(width - 1)}:` : "-".repeat(width),
  );
  return [line(header), line(rule), ...rows.map(line)].join("\n");
}

const isNumber = (cell: string): boolean => /^-?[\d.]*$/.test(cell);

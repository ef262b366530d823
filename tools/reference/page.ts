import type { Row } from "./rows.ts";
import type { Table } from "./tables.ts";

const VALUES = /<!-- values -->[\s\S]*?<!-- end of values -->/;

/** Where the page tells more of a property than a cell holds; or has the table of its fields. */
const MORE: Readonly<Record<string, string>> = {
  connection: "#connection",
  simulation: "#simulation",
  mode: "hardware-detection.md#capability",
  profiles: "#profiles",
  timeouts: "#timeouts",
  persist: "partitioning.md#over-a-reboot",
  amdSmiPath: "hardware-detection.md#finding-amd-smi",
  privateKey: "security.md#private-keys",
  privateKeyPath: "security.md#private-keys",
  agentSocketPath: "security.md#private-keys",
  proxy: "#jump-hosts",
  hostKey: "security.md#host-keys",
  knownHosts: "security.md#host-keys",
  model: "models.md#where-the-shape-comes-from",
  precision: "#values",
  architecture: "#values",
  dtype: "#values",
  layerKinds: "#values",
  calibration: "#calibration",
  lora: "#lora",
  speculative: "#speculative",
  prefixCaching: "models.md#layers-that-keep-differently",
  respectForeignUse: "scheduling.md#unreserved-memory-use",
};

/** A cell is short: longer types stand below the tables or are told by name. */
const LONGEST_TYPE = 90;

/** A word that is not code: what a comment quotes as a value is shown as one. */
const QUOTED = /"[^"\s]+"/g;

const cell = (text: string): string => text.replaceAll("|", "\\|");
const code = (text: string): string => `\`${text}\``;

/** Values in quotes become code, outside of what is code already. */
const prose = (text: string): string =>
  text
    .split(/(`[^`]*`)/)
    .map((part) => (part.startsWith("`") ? part : part.replaceAll(QUOTED, code)))
    .join("");

function typeCell({ type, range }: Row): string {
  const parts = type.split(" | ");
  const short = type.length <= LONGEST_TYPE ? type : shorten(parts);
  return `${code(short)}${range === undefined ? "" : `, ${range}`}`;
}

/** Objects by their kind; of many values the first and the last. */
function shorten(parts: readonly string[]): string {
  const names = parts.map((part) => (part.startsWith("{") ? "object" : part));
  return names.length > 6 ? `${names[0]} … ${names.at(-1)}` : names.join(" | ");
}

const isValue = (text: string): boolean => /^(?:"[^"]*"|-?\d+(?:\.\d+)?|true|false)$/.test(text);

function fallbackCell({ required, fallback }: Row): string {
  if (fallback === undefined) return required ? "required" : "";
  return isValue(fallback) ? code(fallback) : prose(fallback);
}

function meaningCell({ name, description }: Row): string {
  const more = MORE[name];
  return more === undefined ? prose(description) : `${prose(description)} [More](${more})`;
}

/** As the formatter lays a table out, so that formatting changes nothing. */
export function renderTable({ kind, rows }: Table): string {
  const [head, cells] =
    kind === "inputs"
      ? [
          ["input", "type", "default", "meaning"],
          rows.map((row) => [code(row.name), typeCell(row), fallbackCell(row), meaningCell(row)]),
        ]
      : [["output", "type", "meaning"], rows.map((row) => [code(row.name), typeCell(row), meaningCell(row)])];
  const lines = [head, ...cells].map((line) => line.map(cell));
  const widths = head.map((_, column) => Math.max(3, ...lines.map((line) => (line[column] ?? "").length)));
  const pad = (text: string, column: number): string =>
    text + " ".repeat((widths[column] ?? 0) - text.length);
  const rule = `| ${widths.map((width) => "-".repeat(width)).join(" | ")} |`;
  const [first = "", ...rest] = lines.map((line) => `| ${line.map(pad).join(" | ")} |`);
  return [first, rule, ...rest].join("\n");
}

/**
 * The page with its tables written anew, each between two comments that name it.
 *
 * @throws Error when a table has no place on the page, or a place no table.
 */
export function renderPage(page: string, tables: readonly Table[], values: string): string {
  const left = new Map(tables.map((table) => [table.name, table]));
  const written = page.replaceAll(
    /<!-- table: ([\w-]+) -->\n[\s\S]*?<!-- end of table -->/g,
    (_, name: string) => {
      const table = left.get(name);
      if (!table) throw new Error(`no table is called ${name}, or it is there twice`);
      left.delete(name);
      return `<!-- table: ${name} -->\n\n${renderTable(table)}\n\n<!-- end of table -->`;
    },
  );
  if (left.size > 0) throw new Error(`the page has no place for ${[...left.keys()].join(", ")}`);
  return written.replace(VALUES, `<!-- values -->\n\n${values}\n\n<!-- end of values -->`);
}

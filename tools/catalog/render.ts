import { parseCsv } from "./csv.ts";

type Row = ReadonlyMap<string, string>;

const COLUMNS = [
  "id",
  "architecture",
  "layers",
  "hidden",
  "heads",
  "kv_heads",
  "head_dim",
  "ffn",
  "experts",
  "experts_active",
  "vocab",
  "tied",
  "params",
  "vision_params",
  "max_context",
  "sliding_window",
  "full_attention_every",
  "mla_kv_lora_rank",
  "mla_qk_rope_dim",
  "linear_key_heads",
  "linear_value_heads",
  "linear_key_head_dim",
  "linear_value_head_dim",
  "linear_conv_kernel",
  "linear_state_dtype",
  "native_dtype",
  "weights_bytes_native",
  "part_dtypes",
  "group_size",
  "vision_tower",
  "pooling",
  "layer_kinds",
  "source",
  "verified",
] as const;
type Column = (typeof COLUMNS)[number];

/**
 * The text of `provider/models/catalog/catalog-data.ts` for the text of `models.csv`. What a value may be is left to the type
 * checker, which reads the result; here only the columns and the numbers are.
 *
 * @throws Error naming the row and the column when a value is missing or is not a whole number.
 */
export function renderCatalog(csv: string): string {
  const rows = parseCsv(csv);
  const unknown = [...(rows[0]?.keys() ?? [])].filter((name) => !COLUMNS.includes(name as Column));
  if (unknown.length > 0) throw new Error(`unknown column: ${unknown.join(", ")}`);
  return [
    "// Written by tools/catalog/generate.ts from models.csv. Change the table and generate again.",
    'import { bytes } from "../../bytes.ts";',
    'import type { CatalogModel } from "../shape/shape.ts";',
    "",
    "export const CATALOG: readonly CatalogModel[] = [",
    ...rows.map((row) => `  ${renderRow(row)},`),
    "];",
    "",
  ].join("\n");
}

function renderRow(row: Row): string {
  return object({
    id: string(row, "id"),
    architecture: string(row, "architecture"),
    layers: number(row, "layers"),
    hidden: number(row, "hidden"),
    heads: number(row, "heads"),
    kvHeads: number(row, "kv_heads"),
    headDim: number(row, "head_dim"),
    ffn: number(row, "ffn"),
    experts: has(row, "experts")
      ? object({ count: number(row, "experts"), active: number(row, "experts_active") })
      : undefined,
    vocab: number(row, "vocab"),
    tied: truth(row, "tied"),
    params: optional(row, "params"),
    visionParams: optional(row, "vision_params"),
    maxContext: optional(row, "max_context"),
    slidingWindow: has(row, "sliding_window")
      ? object({
          window: number(row, "sliding_window"),
          fullAttentionEvery: optional(row, "full_attention_every"),
        })
      : undefined,
    mla: has(row, "mla_kv_lora_rank")
      ? object({ kvLoraRank: number(row, "mla_kv_lora_rank"), qkRopeDim: number(row, "mla_qk_rope_dim") })
      : undefined,
    linearAttention: has(row, "linear_key_heads")
      ? object({
          fullAttentionEvery: number(row, "full_attention_every"),
          keyHeads: number(row, "linear_key_heads"),
          valueHeads: number(row, "linear_value_heads"),
          keyHeadDim: number(row, "linear_key_head_dim"),
          valueHeadDim: number(row, "linear_value_head_dim"),
          convKernel: number(row, "linear_conv_kernel"),
          stateDtype: has(row, "linear_state_dtype") ? string(row, "linear_state_dtype") : undefined,
        })
      : undefined,
    nativeDtype: has(row, "native_dtype") ? string(row, "native_dtype") : undefined,
    weightsBytes: has(row, "weights_bytes_native")
      ? `bytes(${number(row, "weights_bytes_native")})`
      : undefined,
    partDtypes: has(row, "part_dtypes") ? parts(row) : undefined,
    groupSize: optional(row, "group_size"),
    visionTower: has(row, "vision_tower") ? string(row, "vision_tower") : undefined,
    encoder: text(row, "pooling") === "encoder" ? "true" : undefined,
    pooling: text(row, "pooling") === "decoder" ? "true" : undefined,
    layerKinds: has(row, "layer_kinds") ? kinds(row) : undefined,
    verified: string(row, "verified"),
    source: string(row, "source"),
  });
}

function object(fields: Readonly<Record<string, string | undefined>>): string {
  const present = Object.entries(fields).filter(([, value]) => value !== undefined);
  return `{ ${present.map(([name, value]) => `${name}: ${value}`).join(", ")} }`;
}

const text = (row: Row, column: Column): string => row.get(column) ?? "";
const has = (row: Row, column: Column): boolean => text(row, column) !== "";

function required(row: Row, column: Column): string {
  if (!has(row, column)) throw new Error(`${text(row, "id")}: column ${column} is empty`);
  return text(row, column);
}

const string = (row: Row, column: Column): string => JSON.stringify(required(row, column));

function number(row: Row, column: Column): string {
  const value = required(row, column);
  if (!/^[1-9]\d*$/.test(value) || !Number.isSafeInteger(Number(value))) {
    throw new Error(`${text(row, "id")}: column ${column} is not a whole number: "${value}"`);
  }
  return value;
}

const optional = (row: Row, column: Column): string | undefined =>
  has(row, column) ? number(row, column) : undefined;

function truth(row: Row, column: Column): string {
  const value = required(row, column);
  if (value !== "true" && value !== "false") {
    throw new Error(`${text(row, "id")}: column ${column} is neither true nor false: "${value}"`);
  }
  return value;
}

/** "experts=int4 attention=bf16" */
function parts(row: Row): string {
  const pairs = required(row, "part_dtypes")
    .split(" ")
    .map((pair) => pair.split("="));
  return object(Object.fromEntries(pairs.map(([part, dtype]) => [part, JSON.stringify(dtype)])));
}

/** JSON of `layerKinds`; the type checker reads the result. */
function kinds(row: Row): string {
  const value = required(row, "layer_kinds");
  try {
    return literal(JSON.parse(value));
  } catch (error) {
    throw new Error(`${text(row, "id")}: column layer_kinds is not JSON: "${value}"`, { cause: error });
  }
}

function literal(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(literal).join(", ")}]`;
  return typeof value === "object" && value !== null
    ? object(Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, literal(inner)])))
    : JSON.stringify(value);
}

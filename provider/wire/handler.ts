/** Property values as the engine sends them: plain JSON, secrets in clear, unknown ones as a marker string. */
export type Properties = Readonly<Record<string, unknown>>;

export interface CheckOutcome {
  inputs: Record<string, unknown>;
  failures?: { property: string; reason: string }[];
}

export interface DiffOutcome {
  changes: boolean;
  replaces?: string[];
  deleteBeforeReplace?: boolean;
}

/**
 * What the bridge calls. Text in users' state calls these names with these arguments after every later upgrade: add, never
 * change. Results are fresh objects, because Pulumi's host writes `__provider` into them.
 */
export interface Handler {
  check(olds: Properties, news: Properties): Promise<CheckOutcome>;
  diff(id: string, olds: Properties, news: Properties): Promise<DiffOutcome>;
  create(inputs: Properties): Promise<{ id: string; outs: Record<string, unknown> }>;
  update(id: string, olds: Properties, news: Properties): Promise<{ outs: Record<string, unknown> }>;
  read(
    id: string,
    props: Properties,
  ): Promise<{ id?: string; props?: Record<string, unknown>; inputs?: Record<string, unknown> }>;
  delete(id: string, props: Properties): Promise<void>;
}

/** A copy that may be written to, without `undefined`. */
export const fresh = (value: object): Record<string, unknown> =>
  JSON.parse(JSON.stringify(value)) as Record<string, unknown>;

export const without = (properties: Properties, keys: readonly string[]): Record<string, unknown> =>
  Object.fromEntries(Object.entries(properties).filter(([key]) => !keys.includes(key)));

export const only = (properties: Properties, keys: readonly string[]): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(properties).filter(([key, value]) => keys.includes(key) && value !== undefined),
  );

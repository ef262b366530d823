import type { Bound } from "../bound.ts";
import { InitError } from "../operations/failing.ts";
import { OperationError } from "../operations/operation-error.ts";
import type { Operation } from "../operations/operation/operation.ts";
import type { ProviderConfig } from "../schema/provider-config.ts";
import type { CheckOutcome, DiffOutcome, Handler, Properties } from "../wire/handler.ts";
import { without } from "../wire/handler.ts";
import type { Precedence } from "./access.ts";
import { type Difference, differences } from "./detailed-diff.ts";
import { identityOf } from "./identity.ts";
import { type Kind, PLUGINS_OWN } from "./kinds.ts";
import { isPending, type Nodes } from "./nodes.ts";
import { declaredIn, previewed, stored, storedOutputs, withDefaults } from "./served.ts";
import { hasUnknown } from "./values.ts";

/** What all resources of one configured provider have in common. */
export interface Session {
  readonly config: ProviderConfig;
  readonly operation: Operation;
  readonly nodes: Nodes;
}

/** One call of the engine about one resource, on plain values. */
export interface Serving extends Session {
  readonly kind: Kind;
  readonly bound: Bound;
}

const handlerOf = async ({ kind, operation, bound }: Serving): Promise<Handler> =>
  (await kind.handler())({ ...operation, bound });

/** Properties out of state with the way to the host; as they are where the configuration does not list it any more. */
async function full(
  { kind, config }: Serving,
  properties: Properties,
  precedence: Precedence,
): Promise<Record<string, unknown>> {
  const resolved = kind.resolve(config, properties, precedence);
  return withDefaults(await kind.fields(), resolved.ok ? resolved.access : without(properties, PLUGINS_OWN));
}

/** The same for what acts on the host, which must be known. */
function acting({ kind, config }: Serving, properties: Properties, precedence: Precedence): Properties {
  const resolved = kind.resolve(config, properties, precedence);
  if (!resolved.ok) throw new OperationError(resolved.problem);
  return resolved.access;
}

export async function check(
  serving: Serving,
  { urn, olds, news }: { readonly urn: string; readonly olds: Properties; readonly news: Properties },
): Promise<CheckOutcome> {
  const { kind, config, nodes } = serving;
  const written = kind.completed(nodes, news, olds);
  const resolved = kind.resolve(config, written, "program");
  if (!resolved.ok)
    return {
      inputs: declaredIn(kind, written),
      failures: [{ property: "", reason: resolved.problem.text }],
    };
  const handler = await handlerOf(serving);
  const { inputs, failures } = await handler.check(await full(serving, olds, "program"), {
    ...resolved.access,
    identity: identityOf(urn),
    // The engine does not say so, and has unknown values in a preview alone.
    ...((hasUnknown(news) || isPending(written["gpus"])) && { preview: true }),
  });
  const answer = stored(kind, written, inputs);
  if (!failures) kind.noted(nodes, answer);
  return { inputs: answer, ...(failures && { failures }) };
}

export interface Differing {
  readonly id: string;
  readonly olds: Properties;
  readonly news: Properties;
  readonly oldInputs: Properties;
  readonly ignoreChanges: readonly string[];
}

export interface Diffed extends DiffOutcome {
  readonly differences: readonly Difference[];
}

export async function diff(serving: Serving, request: Differing): Promise<Diffed> {
  const { kind } = serving;
  const { olds, oldInputs, ignoreChanges } = request;
  const ignored = new Set(ignoreChanges.map((path) => path.split(/[.[]/, 1)[0] ?? path));
  const news = Object.fromEntries(
    [...new Set([...Object.keys(request.news), ...ignored])].flatMap((name) => {
      const value = ignored.has(name) ? oldInputs[name] : request.news[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );
  const handler = await handlerOf(serving);
  const [before, after] = [await full(serving, olds, "program"), await full(serving, news, "program")];
  const outcome = await handler.diff(request.id, before, after);
  if (!outcome.changes) return { ...outcome, differences: [] };
  const fields = await kind.fields();
  const [shownBefore, shownAfter] = [olds, news].map((one) =>
    withDefaults(fields, without(one, kind.internal)),
  );
  const shown = { whole: kind.secrets, replaces: outcome.replaces ?? [] };
  const found = differences(shownBefore ?? {}, shownAfter ?? {}, shown);
  // What a plan leaves open is not taken away.
  const isOpen = ({ path, kind: how }: Difference): boolean =>
    how === "delete" && kind.computed.includes(path);
  return { ...outcome, differences: found.filter((one) => !isOpen(one)) };
}

export async function create(
  serving: Serving,
  inputs: Properties,
): Promise<{ readonly id: string; readonly outputs: Record<string, unknown> }> {
  const { kind } = serving;
  const handler = await handlerOf(serving);
  const { id, outs } = await keepingForm(kind, inputs, () =>
    handler.create(acting(serving, inputs, "program")),
  );
  return { id, outputs: storedOutputs(kind, inputs, outs) };
}

export async function update(
  serving: Serving,
  { id, olds, news }: Pick<Differing, "id" | "olds" | "news">,
): Promise<Record<string, unknown>> {
  const { kind } = serving;
  const handler = await handlerOf(serving);
  const before = await full(serving, olds, "program");
  const after = withDefaults(await kind.fields(), acting(serving, news, "program"));
  const { outs } = await keepingForm(kind, news, () => handler.update(id, before, after));
  return storedOutputs(kind, news, outs);
}

/** What a preview tells the dependants of a resource. */
export const preview = ({ kind }: Serving, inputs: Properties): Record<string, unknown> =>
  previewed(kind, inputs);

export async function read(
  serving: Serving,
  {
    id,
    properties,
    inputs,
  }: { readonly id: string; readonly properties: Properties; readonly inputs: Properties },
): Promise<{ readonly id: string; readonly outputs: Properties; readonly inputs: Properties }> {
  const { kind } = serving;
  const handler = await handlerOf(serving);
  const found = await handler.read(id, acting(serving, properties, "configuration"));
  if (found.id === undefined || found.props === undefined) return { id: "", outputs: {}, inputs: {} };
  return {
    id: found.id,
    outputs: storedOutputs(kind, properties, found.props),
    inputs: found.inputs ? stored(kind, inputs, found.inputs) : without(inputs, ["__provider"]),
  };
}

export async function remove(
  serving: Serving,
  { id, properties }: { readonly id: string; readonly properties: Properties },
): Promise<void> {
  const handler = await handlerOf(serving);
  await handler.delete(id, acting(serving, properties, "configuration"));
}

/** Of a resource whose host was changed although its operation failed, state gets what it would have got. */
async function keepingForm<T>(kind: Kind, inputs: Properties, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof InitError)) throw error;
    throw new InitError(error.id, storedOutputs(kind, inputs, error.properties), error.reasons.join("; "));
  }
}

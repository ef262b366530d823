import { allocationHandler } from "../../provider/operations/allocation/handler.ts";
import type { Operation } from "../../provider/operations/operation/operation.ts";
import { partitionHandler } from "../../provider/operations/partition/handler.ts";
import type { CheckOutcome, DiffOutcome, Handler } from "../../provider/wire/handler.ts";
import { UNKNOWN } from "../../provider/wire/unknowns.ts";
import { ignoring, inputsOf, partitionNamed, previewed, sent } from "./properties.ts";
import {
  type Declared,
  type Kind,
  type Program,
  type Properties,
  type ResourceState,
  urnOf,
} from "./resource.ts";

/*
 * The calls that Pulumi's engine makes of a dynamic provider, in the engine's order, without the engine: what
 * `pkg/resource/deploy/step_generator.go` of 3.250 does, as far as our two resources can tell. A few dozen of the same histories run
 * through the real engine, so that this is known to be true.
 */

/** What `pulumi up` and its kin are told. */
export interface Request {
  readonly targets?: readonly string[];
  readonly excludes?: readonly string[];
  /** URNs of `--replace`. */
  readonly replace?: readonly string[];
}

export interface Step {
  readonly op: "create" | "same" | "update" | "replace" | "delete" | "delete-replaced" | "create-replacement";
  readonly urn: string;
}

/** The engine ended with an error; what was done until then is in its state. */
export class RunFailure extends Error {
  override readonly name = "RunFailure";
  readonly reasons: readonly string[];
  constructor(reasons: readonly string[]) {
    super(reasons.join("\n"));
    this.reasons = reasons;
  }
}

const hasUnknown = (value: unknown): boolean => JSON.stringify(value)?.includes(UNKNOWN) ?? false;

export interface Stack {
  readonly project: string;
  readonly name: string;
  readonly resources: readonly ResourceState[];
}

/** One run of the engine: a preview, or an update, with the state it leaves. */
export interface Run {
  readonly steps: readonly Step[];
  readonly stack: Stack;
}

interface Context {
  readonly mode: "preview" | "update";
  readonly stack: Stack;
  readonly handlers: Readonly<Record<Kind, Handler>>;
  readonly request: Request;
  readonly steps: Step[];
  /** The state as it is after each step, the resources of the program in its order. */
  readonly state: ResourceState[];
  /** What the program sees of a resource that is registered. */
  readonly seen: Map<string, Properties>;
  /** Deleted in this run, for a replacement; they are created again when they are registered. */
  readonly condemned: Set<string>;
  readonly isAlive: () => boolean;
  /** Writes the state, as the engine does after each step, so that a step that fails does not undo the one before. */
  readonly save: () => void;
}

export const handlersOf = (operation: Operation): Readonly<Record<Kind, Handler>> => ({
  partition: partitionHandler(operation),
  allocation: allocationHandler(operation),
});

/**
 * @param isAlive whether the provider's process still lives: what it answers after its death never arrives.
 * @param checkpoint is given each state that the engine would write.
 * @throws RunFailure
 */
export async function runEngine(
  mode: "preview" | "update",
  stack: Stack,
  program: Program,
  operation: Operation,
  request: Request = {},
  isAlive: () => boolean = () => true,
  checkpoint: (stack: Stack) => void = () => undefined,
): Promise<Run> {
  const state = [...stack.resources];
  const save = (): void => checkpoint({ ...stack, resources: [...state] });
  const context: Context = {
    mode,
    stack,
    handlers: handlersOf(operation),
    request,
    steps: [],
    state,
    seen: new Map(),
    condemned: new Set(),
    isAlive,
    save,
  };
  const registered = new Set<string>();
  for (const declared of program) {
    registered.add(await register(context, program, declared));
    save();
  }
  for (const old of state.toReversed()) {
    if (!isIncluded(request, old.urn)) continue;
    if (old.pendingDelete) await remove(context, old, "delete-replaced");
    else if (!registered.has(old.urn)) {
      if (old.pendingReplacement) drop(context, old);
      else await remove(context, old, "delete");
    } else continue;
    save();
  }
  return { steps: context.steps, stack: { ...stack, resources: state } };
}

/** `pulumi destroy`. */
export async function destroyAll(
  stack: Stack,
  operation: Operation,
  request: Request = {},
  isAlive: () => boolean = () => true,
  checkpoint: (stack: Stack) => void = () => undefined,
): Promise<Run> {
  return runEngine("update", stack, [], operation, request, isAlive, checkpoint);
}

/** `pulumi refresh`: what state says afterwards, and the URNs of which it would show a change. */
export async function refreshAll(
  stack: Stack,
  operation: Operation,
  isAlive: () => boolean = () => true,
): Promise<{ readonly stack: Stack; readonly changed: readonly string[] }> {
  const handlers = handlersOf(operation);
  const changed: string[] = [];
  const resources: ResourceState[] = [];
  for (const old of stack.resources) {
    const handler = handlers[old.kind];
    const read = await answered(isAlive, handler.read(old.id, old.outputs)).catch((error: unknown) => {
      throw error instanceof RunFailure ? error : new RunFailure([(error as Error).message]);
    });
    if (!read.id) {
      changed.push(old.urn);
      continue;
    }
    const now = {
      ...old,
      outputs: sent(read.props ?? {}),
      ...(read.inputs && { inputs: sent(read.inputs) }),
    };
    // The engine asks for a diff too, against the inputs of the last update, to show what it recorded.
    await handler.diff(old.id, now.outputs, old.inputs);
    if (JSON.stringify(now.outputs) !== JSON.stringify(old.outputs)) changed.push(old.urn);
    resources.push(now);
  }
  return { stack: { ...stack, resources }, changed };
}

const isIncluded = ({ targets, excludes }: Request, urn: string): boolean =>
  targets ? targets.includes(urn) : !excludes?.includes(urn);

/** What a dead process answers never arrives. */
async function answered<T>(isAlive: () => boolean, call: Promise<T>): Promise<T> {
  const outcome = await call.then(
    (value) => ({ ok: true as const, value }),
    (error: unknown) => ({ ok: false as const, error }),
  );
  if (!isAlive()) throw new RunFailure(["the provider's process died"]);
  if (outcome.ok) return outcome.value;
  throw outcome.error;
}

function replaceIn(context: Context, old: ResourceState, next: ResourceState): void {
  context.state.splice(context.state.indexOf(old), 1, next);
}

function drop({ state }: Context, old: ResourceState): void {
  state.splice(state.indexOf(old), 1);
}

/** Keeps the order of the program, which is one of dependencies. */
function add(context: Context, next: ResourceState): void {
  const after = context.state.findLastIndex((one) => context.seen.has(one.urn));
  context.state.splice(after + 1, 0, next);
}

async function register(context: Context, program: Program, declared: Declared): Promise<string> {
  const { mode, stack, handlers, request } = context;
  const { project, name } = stack;
  const urn = urnOf(project, name, declared);
  const aliases = declared.options?.aliases ?? [];
  const old = context.state.find(
    (one) => [urn, ...aliases].includes(one.urn) && !one.pendingDelete && !context.condemned.has(one.urn),
  );
  const handler = handlers[declared.kind];
  const drained = context.state.find((one) => one.urn === urn && context.condemned.has(urn));
  if (!isIncluded(request, urn) && drained) {
    // It had to leave, and comes back as it was, unchecked.
    const { pendingReplacement: _done, ...rest } = drained;
    await create(context, "create-replacement", { ...rest, outputs: {}, id: "" }, handler);
    drop(context, drained);
    return urn;
  }
  if (!isIncluded(request, urn)) {
    if (old) see(context, urn, old.outputs);
    return old?.urn ?? urn;
  }
  const sources = (declared.on ?? []).map((on) => partitionNamed(stack, context.seen, program, on));
  const given = inputsOf(mode, declared, urn, sources);
  const isForced = old !== undefined && (request.replace?.includes(urn) === true || old.tainted === true);
  const base = (inputs: Properties, outputs: Properties, id: string): ResourceState => ({
    urn,
    kind: declared.kind,
    id,
    inputs,
    outputs,
    on: sources.map((source) => source.urn),
    options: declared.options ?? {},
  });
  const first = await check(
    context,
    handler,
    old && !isForced ? old.inputs : {},
    old ? ignoring(given, old.inputs, declared.options?.ignoreChanges ?? []) : given,
  );
  if (!old) {
    const gone = context.state.find((one) => [urn, ...aliases].includes(one.urn) && one.pendingReplacement);
    await create(context, gone ? "create-replacement" : "create", base(first, {}, ""), handler);
    if (gone) drop(context, gone);
    return urn;
  }
  const diff: DiffOutcome = isForced
    ? { changes: true, replaces: ["id"] }
    : await answered(context.isAlive, handler.diff(old.id, old.outputs, first));
  const replaces = (diff.changes && (diff.replaces ?? []).length > 0) || old.pendingReplacement === true;
  if (replaces) {
    if (old.options.protect && declared.options?.protect)
      throw new RunFailure([`${urn} is protected and would be replaced`]);
    const inputs = isForced ? first : await check(context, handler, {}, given);
    const deleteFirst = declared.options?.deleteBeforeReplace ?? diff.deleteBeforeReplace ?? false;
    if (deleteFirst) {
      await drain(context, old);
      let gone = old;
      if (!old.pendingReplacement) gone = await remove(context, old, "delete-replaced", "keep");
      await create(context, "create-replacement", base(inputs, {}, ""), handler);
      if (context.state.includes(gone)) drop(context, gone);
    } else {
      await create(context, "create-replacement", base(inputs, {}, ""), handler);
      const { pendingReplacement: _done, ...rest } = old;
      if (mode === "update") replaceIn(context, old, { ...rest, pendingDelete: true });
      else if (!context.state.includes(old)) add(context, old);
    }
    return urn;
  }
  if (diff.changes || old.initErrors) {
    context.steps.push({ op: "update", urn });
    if (mode === "preview") {
      see(context, urn, previewed(declared.kind, first));
      replaceIn(context, old, base(first, previewed(declared.kind, first), old.id));
      return urn;
    }
    const { outs } = await failing(context, base(first, first, old.id), old, () =>
      handler.update(old.id, old.outputs, first),
    );
    see(context, urn, sent(outs));
    replaceIn(context, old, base(first, sent(outs), old.id));
    return urn;
  }
  context.steps.push({ op: "same", urn });
  see(context, urn, old.outputs);
  replaceIn(context, old, base(first, old.outputs, old.id));
  return urn;
}

/** An error with an id says that the resource is there all the same, unfinished. */
async function failing<T>(
  context: Context,
  unfinished: ResourceState,
  old: ResourceState | undefined,
  call: () => Promise<T>,
): Promise<T> {
  try {
    return await answered(context.isAlive, call());
  } catch (error) {
    const { id, properties } = error as { readonly id?: string; readonly properties?: Properties };
    if (id !== undefined && properties !== undefined) {
      const next = { ...unfinished, id, outputs: sent(properties), initErrors: true as const };
      if (old && context.state.includes(old)) replaceIn(context, old, next);
      else add(context, next);
      context.save();
    }
    throw error instanceof RunFailure ? error : new RunFailure([(error as Error).message]);
  }
}

async function create(
  context: Context,
  op: "create" | "create-replacement",
  planned: ResourceState,
  handler: Handler,
): Promise<void> {
  context.steps.push({ op, urn: planned.urn });
  if (context.mode === "preview") {
    see(context, planned.urn, previewed(planned.kind, planned.inputs));
    add(context, { ...planned, outputs: previewed(planned.kind, planned.inputs) });
    return;
  }
  const { id, outs } = await failing(context, planned, undefined, () => handler.create(planned.inputs));
  see(context, planned.urn, sent(outs));
  add(context, { ...planned, id, outputs: sent(outs) });
}

async function remove(
  context: Context,
  old: ResourceState,
  op: "delete" | "delete-replaced",
  then: "forget" | "keep" = "forget",
): Promise<ResourceState> {
  if (op === "delete" && old.options.protect) throw new RunFailure([`${old.urn} is protected`]);
  context.steps.push({ op, urn: old.urn });
  if (context.mode === "update" && !old.options.retainOnDelete)
    await failing(context, old, old, () => context.handlers[old.kind].delete(old.id, old.outputs));
  if (then === "forget") {
    drop(context, old);
    context.save();
    return old;
  }
  const next = { ...old, pendingReplacement: true as const };
  replaceIn(context, old, next);
  context.condemned.add(old.urn);
  context.save();
  return next;
}

/** Dependants are asked, with the property that depends on what is replaced unknown, whether they must go first. */
async function drain(context: Context, replaced: ResourceState): Promise<void> {
  const dependants = context.state.filter(
    (one) => one.on.includes(replaced.urn) && !one.pendingDelete && !context.condemned.has(one.urn),
  );
  const leaving: ResourceState[] = [];
  for (const one of dependants) {
    const diff = await context.handlers[one.kind].diff(one.id, one.outputs, { ...one.inputs, gpus: UNKNOWN });
    if (diff.changes && (diff.replaces ?? []).length > 0) leaving.push(one);
  }
  for (const one of leaving.toReversed()) {
    if (one.options.protect) throw new RunFailure([`${one.urn} is protected and would be replaced`]);
    if (!one.pendingReplacement) await remove(context, one, "delete-replaced", "keep");
    context.condemned.add(one.urn);
  }
}

async function check(
  context: Context,
  handler: Handler,
  olds: Properties,
  news: Properties,
): Promise<Properties> {
  const outcome: CheckOutcome = await answered(context.isAlive, handler.check(olds, news));
  const failures = outcome.failures ?? [];
  if (failures.length > 0) throw new RunFailure(failures.map(({ reason }) => reason));
  if (context.mode === "update" && hasUnknown(outcome.inputs))
    throw new Error(`check of an update left a value unknown: ${JSON.stringify(outcome.inputs)}`);
  return sent(outcome.inputs);
}

function see({ seen }: Context, urn: string, outputs: Properties): void {
  seen.set(urn, outputs);
}

import type { EngineEvent, StepEventMetadata } from "@pulumi/pulumi/automation/index.js";

type Properties = Readonly<Record<string, unknown>>;

/** What the engine planned or did to one resource. Secrets read "[secret]", what is not known yet "[unknown]". */
export interface Step {
  /** "create", "same", "update", "replace", "create-replacement", "delete-replaced", "delete", "refresh", ... */
  readonly op: string;
  readonly urn: string;
  readonly type: string;
  /** Last part of the URN. */
  readonly name: string;
  readonly old: { readonly inputs: Properties; readonly outputs: Properties } | undefined;
  readonly new: { readonly inputs: Properties; readonly outputs: Properties } | undefined;
  /** Properties that differ. */
  readonly diffs: readonly string[];
  /** Properties that force a replacement. */
  readonly keys: readonly string[];
  /** "begun" is one that was begun and did not end; what a preview looked at is "done". */
  readonly state: "begun" | "done" | "failed";
}

/** One message on a resource, or on the stack when there is no URN. */
export interface Diagnostic {
  readonly urn: string | undefined;
  readonly severity: "info" | "info#err" | "warning" | "error";
  /** Without colour marks. */
  readonly message: string;
  /** "ephemeral" messages are progress that is shown while the operation runs. */
  readonly kind: "kept" | "ephemeral";
}

/** One finished engine operation as a user would have seen it. */
export interface Run {
  /** In the order in which the engine began them. */
  readonly steps: readonly Step[];
  /**
   * Steps a user would count, as "op name": none that are "same", nor the stack itself and the engine's own default
   * provider (which "changes" with every configuration value).
   */
  readonly changes: readonly string[];
  readonly diagnostics: readonly Diagnostic[];
  /** Outputs of the stack, in a preview too; marked like the values of steps. */
  readonly outputs: Properties;
  /** All that the command line printed, standard output and standard error. */
  readonly output: string;
}

/** The engine ended with an error; `run` has what it did until then. */
export class EngineRunError extends Error {
  override readonly name = "EngineRunError";
  readonly run: Run;
  constructor(run: Run, cause: unknown) {
    super(`the engine failed:\n${run.output}`, { cause });
    this.run = run;
  }
}

/** For operations that must fail: the run of the failed one. Rejects when it succeeds. */
export const failed = async (operation: Promise<Run>): Promise<Run> => {
  let run;
  try {
    run = await operation;
  } catch (error) {
    if (error instanceof EngineRunError) return error.run;
    throw error;
  }
  throw new Error(`the engine was expected to fail and did not:\n${run.output}`);
};

const stackType = "pulumi:pulumi:Stack";

const isUsers = ({ type }: Step): boolean => type !== stackType && !type.startsWith("pulumi:providers:");

/** The key that marks an object as one of the engine's special values, here always a secret whose text is withheld. */
const specialValueKey = "4dabf18193072939515e22adb298388d";

/** What the engine puts where a value is not known yet. */
const unknownValue = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/** Marks are replaced by the words the command line prints for them. */
const withoutMarks = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(withoutMarks);
  if (value === unknownValue) return "[unknown]";
  if (typeof value !== "object" || value === null) return value;
  if (specialValueKey in value) return "[secret]";
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, withoutMarks(inner)]));
};

/** A refresh begins with this operation for every resource, and ends with what came of it. */
const isUneventfulRefresh = ({ op, state, old, new: now }: Step): boolean =>
  op === "refresh" && (state === "begun" || JSON.stringify(old?.outputs) === JSON.stringify(now?.outputs));

type State = NonNullable<StepEventMetadata["old"]>;

const toState = ({ inputs, outputs }: State): NonNullable<Step["old"]> => ({
  inputs: withoutMarks(inputs ?? {}) as Properties,
  outputs: withoutMarks(outputs ?? {}) as Properties,
});

const toStep = (metadata: StepEventMetadata, state: Step["state"]): Step => ({
  op: metadata.op,
  urn: metadata.urn,
  type: metadata.type,
  name: metadata.urn.split("::").at(-1) ?? "",
  old: metadata.old && toState(metadata.old),
  new: metadata.new && toState(metadata.new),
  diffs: metadata.diffs ?? [],
  keys: metadata.keys ?? [],
  state,
});

/** Not the debug messages of Pulumi's own SDK: no user sees them without asking, and they hold whole requests. */
const toDiagnostic = ({ diagnosticEvent }: EngineEvent): readonly Diagnostic[] =>
  diagnosticEvent === undefined || (diagnosticEvent.severity as string) === "debug"
    ? []
    : [
        {
          urn: diagnosticEvent.urn,
          severity: diagnosticEvent.severity,
          message: diagnosticEvent.message.replaceAll(/<\{%.*?%\}>/g, "").trim(),
          kind: diagnosticEvent.ephemeral === true ? "ephemeral" : "kept",
        },
      ];

/** Every step begins with one event and ends with another that has the outputs. */
const toSteps = (events: readonly EngineEvent[]): readonly Step[] => {
  const steps = new Map<string, Step>();
  for (const { resourcePreEvent, resOutputsEvent, resOpFailedEvent } of events) {
    const metadata = (resourcePreEvent ?? resOutputsEvent ?? resOpFailedEvent)?.metadata;
    if (metadata === undefined) continue;
    const state = resOutputsEvent ? "done" : resOpFailedEvent ? "failed" : "begun";
    steps.set(`${metadata.op} ${metadata.urn}`, toStep(metadata, state));
  }
  return [...steps.values()];
};

/** What the collected events and the printed text say. */
export const toRun = (events: readonly EngineEvent[], output: string): Run => {
  const steps = toSteps(events);
  return {
    steps,
    changes: steps
      .filter((step) => step.op !== "same" && !isUneventfulRefresh(step) && isUsers(step))
      .map(({ op, name }) => `${op} ${name}`),
    diagnostics: events.flatMap(toDiagnostic),
    outputs: steps.findLast(({ type }) => type === stackType)?.new?.outputs ?? {},
    output,
  };
};

import * as fc from "fast-check";

import type { ComputeMode } from "../../provider/topology/modes.ts";

/** Names are few, so that histories meet each other. */
const MODELS = ["m1", "m2", "m3"] as const;
const STACKS = ["a", "b"] as const;

export type StackName = (typeof STACKS)[number];

/** What people do to a program. */
export type Edit =
  | { readonly edit: "layout"; readonly compute: ComputeMode }
  | { readonly edit: "addModel" | "removeModel" | "resizeModel" | "exclusiveModel"; readonly model: string }
  | { readonly edit: "addPartition" | "removePartition" }
  | { readonly edit: "rename"; readonly what: "partition" | "model" }
  | { readonly edit: "intoComponent"; readonly what: "partition" | "model" }
  | { readonly edit: "connection" | "hostAlias" | "otherHost" | "timeouts" }
  | { readonly edit: "createFirst"; readonly value: boolean }
  | { readonly edit: "ignoreChanges"; readonly value: boolean }
  | { readonly edit: "protect"; readonly value: boolean }
  | { readonly edit: "revert" };

/** What happens to a host. */
export type Event =
  | { readonly event: "drift"; readonly gpu: number; readonly compute: ComputeMode }
  | { readonly event: "gpuFails" | "gpuStarts"; readonly gpu: number }
  | { readonly event: "reboot" | "releaseReservations" | "loseRecord" | "unreachable" | "reachable" };

/**
 * What is run. `kill` ends the provider at that call to a host. `retain` takes everything from the program under `retainOnDelete`, and
 * declares it again.
 */
export type Operation =
  | {
      readonly run: "up" | "destroy";
      readonly kill?: { readonly killAt: number; readonly when: "before" | "after" } | undefined;
    }
  | { readonly run: "refreshUp" | "refresh" | "preview" | "retain" }
  | {
      readonly run: "target" | "exclude" | "replace" | "taint" | "stateRm";
      readonly what: "partition" | "model";
    }
  | { readonly run: "renameStack" | "export" | "import" };

export type Action = (Edit | Event | Operation) & { readonly stack: StackName; readonly host: number };

const what = fc.constantFrom("partition" as const, "model" as const);
const compute = fc.constantFrom<ComputeMode>("SPX", "DPX", "QPX", "CPX");
const model = fc.constantFrom(...MODELS);
const kill = fc.option(
  fc.record({ killAt: fc.nat({ max: 14 }), when: fc.constantFrom("before" as const, "after" as const) }),
  { nil: undefined, freq: 2 },
);
const value = fc.boolean();

const edit: fc.Arbitrary<Edit> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ edit: fc.constant("layout" as const), compute }) },
  {
    weight: 4,
    arbitrary: fc.record({
      edit: fc.constantFrom(
        "addModel" as const,
        "removeModel" as const,
        "resizeModel" as const,
        "exclusiveModel" as const,
      ),
      model,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ edit: fc.constantFrom("addPartition" as const, "removePartition" as const) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ edit: fc.constantFrom("rename" as const, "intoComponent" as const), what }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      edit: fc.constantFrom(
        "connection" as const,
        "hostAlias" as const,
        "otherHost" as const,
        "timeouts" as const,
      ),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      edit: fc.constantFrom("createFirst" as const, "ignoreChanges" as const, "protect" as const),
      value,
    }),
  },
  { weight: 1, arbitrary: fc.record({ edit: fc.constant("revert" as const) }) },
);

const event: fc.Arbitrary<Event> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({ event: fc.constant("drift" as const), gpu: fc.nat({ max: 1 }), compute }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      event: fc.constantFrom("reboot" as const, "releaseReservations" as const, "loseRecord" as const),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      event: fc.constantFrom("gpuFails" as const, "gpuStarts" as const),
      gpu: fc.nat({ max: 1 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      event: fc.constantFrom("unreachable" as const, "reachable" as const, "reachable" as const),
    }),
  },
);

const operation: fc.Arbitrary<Operation> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ run: fc.constant("up" as const), kill }) },
  {
    weight: 2,
    arbitrary: fc.record({
      run: fc.constantFrom("refreshUp" as const, "refresh" as const, "preview" as const, "retain" as const),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      run: fc.constantFrom(
        "target" as const,
        "exclude" as const,
        "replace" as const,
        "taint" as const,
        "stateRm" as const,
      ),
      what,
    }),
  },
  { weight: 1, arbitrary: fc.record({ run: fc.constant("destroy" as const), kill }) },
  {
    weight: 1,
    arbitrary: fc.record({
      run: fc.constantFrom("renameStack" as const, "export" as const, "import" as const),
    }),
  },
);

/** A history: two stacks, two hosts that both have. */
export const history = (): fc.Arbitrary<readonly Action[]> =>
  fc.array(
    fc
      .tuple(
        fc.oneof(
          { weight: 3, arbitrary: edit },
          { weight: 2, arbitrary: event },
          { weight: 5, arbitrary: operation },
        ),
        fc.constantFrom(...STACKS),
        fc.nat({ max: 1 }),
      )
      .map(([action, stack, host]) => ({ ...action, stack, host })),
    { minLength: 3, maxLength: 18 },
  );

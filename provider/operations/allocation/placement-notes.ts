import { bytes, formatBytes } from "../../bytes.ts";
import type { ModelShape } from "../../models/shape/shape.ts";
import { engineWarnings } from "../../render/engine-warnings.ts";
import type { ScheduleOutcome } from "../../scheduler/schedule.ts";
import type { AllocationArgs } from "../../schema/allocation.ts";
import { fresh } from "../../wire/handler.ts";
import { sameValue } from "../../wire/unknowns.ts";
import { info, type Note, warning } from "../checked.ts";
import type { AllocationState, Computed } from "../state/allocation-state.ts";
import { allocationMessages as say } from "./messages.ts";

type Found = Extract<ScheduleOutcome, { success: true }>;

interface Shown {
  readonly outcome: Found;
  readonly shape: ModelShape;
  readonly args: AllocationArgs;
  readonly notes: readonly string[];
}

/** What was said when the model was placed is not said again in every preview. */
export function placementNotes(
  { computed: before }: AllocationState,
  computed: Partial<Computed>,
  { outcome, shape, args, notes }: Shown,
): readonly Note[] {
  const [devices, memory] = [fresh(computed.devices ?? []), fresh(computed.memory ?? {})];
  if (sameValue(before.devices, devices) && sameValue(before.memory, memory)) return [];
  const warnings = [...outcome.warnings, ...engineWarnings(args.engine, shape, args)];
  return [
    info(
      say["placed"]({
        model: shape.id,
        partitionConfig: args.gpus.length > 1 ? computed.partitionConfig : undefined,
        explanation: outcome.explanation,
      }),
    ),
    ...(shape.origin ? searched(shape) : []),
    ...[...outcome.notes.map(({ text }) => text), ...notes].map((note) =>
      info(say["placement-note"]({ note })),
    ),
    ...warnings.map((note) => warning(say["placement-warning"]({ note }))),
  ];
}

/** That a running model holds less than this release estimates. */
export function estimateNotes(
  { memory }: Partial<Computed>,
  { memory: estimated }: Found,
  { id }: ModelShape,
): readonly Note[] {
  if (memory === undefined || memory.perDeviceBytes >= estimated.high) return [];
  const [held, now] = [bytes(memory.perDeviceBytes), estimated.high].map((size) => formatBytes(size));
  return [warning(say["estimate-higher"]({ id, held: held ?? "", now: now ?? "" }))];
}

/** Where the model was found, unless it is in the catalog or was given by its shape. */
const searched = ({ origin }: ModelShape): readonly Note[] =>
  origin === undefined || origin.step === "catalog" || origin.step === "explicit"
    ? []
    : [info(say["model-found"]({ detail: origin.detail }))];

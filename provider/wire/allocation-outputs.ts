import type { Move } from "../scheduler/solver/placements.ts";
import type { Proof } from "../scheduler/solver/proof.ts";

/** Memory of one device, as it is shown and stored. */
export interface AllocationMemory {
  readonly perDeviceBytes: number;
  readonly best: number;
  readonly low: number;
  readonly high: number;
  /** "20.3 GiB on each of 1 device(s)" */
  readonly summary: string;
  readonly terms: readonly { readonly name: string; readonly bytes: number; readonly reason: string }[];
}

/** How a member of a fleet came to its place, as its fleet gathers it. */
export interface FleetPlacement {
  /** Which models with which arguments were placed together. */
  readonly digest: string;
  readonly proof: Proof;
  /** Where a running model was before. */
  readonly move?: Omit<Move, "key">;
}

/** What `check` computes: the outputs of a ModelAllocation. In a file of their own, so that a program need not load the work. */
export const ALLOCATION_KEYS = [
  "hostId",
  "partitionConfig",
  "partitionIds",
  "devices",
  "env",
  "container",
  "engineArgs",
  "memory",
  "modelSource",
  "explanation",
  "fleetPlacement",
] as const;

/**
 * The outputs that have no value yet and will have one. Where a model came from is not told of one whose shape was given, and a fleet not
 * of one that is in none.
 */
export const openAllocationKeys = (
  computed: Readonly<Record<string, unknown>>,
): readonly (typeof ALLOCATION_KEYS)[number][] =>
  ALLOCATION_KEYS.filter(
    (key) =>
      computed[key] === undefined &&
      !((key === "modelSource" || key === "fleetPlacement") && computed["devices"] !== undefined),
  );

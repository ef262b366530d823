import * as pulumi from "@pulumi/pulumi";

import type { Bytes } from "../bytes.ts";
import type { Proof } from "../scheduler/solver/proof.ts";
import type { FleetPlacement } from "../wire/allocation-outputs.ts";
import type { ModelAllocation } from "./model-allocation.ts";

/** Where a model of a fleet is. */
export interface FleetMemberPlacement {
  readonly hostId: string;
  readonly partitionIds: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** Devices of one host. */
export interface FleetDevices {
  readonly hostId: string;
  readonly deviceIds: readonly string[];
}

/** A running model that was moved to make room. */
export interface FleetMove {
  /** Its name in the fleet. */
  readonly model: string;
  readonly from: FleetDevices;
  readonly to: FleetDevices;
  /** Bytes to load again, of all ranks together. */
  readonly bytes: Bytes;
}

type Allocations = Readonly<Record<string, ModelAllocation>>;

export const placementsOf = (
  allocations: Allocations,
): pulumi.Output<Readonly<Record<string, FleetMemberPlacement>>> =>
  pulumi.output(
    Object.fromEntries(
      Object.entries(allocations).map(([name, { hostId, partitionIds, env }]) => [
        name,
        { hostId, partitionIds, env },
      ]),
    ),
  );

interface Placed extends FleetPlacement {
  readonly model: string;
}

/** What members say that were placed with the fleet as it is declared now: the others were placed before, and stay. */
export const placedTogether = (
  allocations: Allocations,
  current: pulumi.Output<string>,
): pulumi.Output<readonly Placed[]> =>
  pulumi
    .all([
      current,
      Object.entries(allocations).map(([model, one]) => ({
        model,
        placed: (one as unknown as { readonly fleetPlacement: pulumi.Output<FleetPlacement | undefined> })
          .fleetPlacement,
      })),
    ])
    .apply(([digest, members]) =>
      members.flatMap(({ model, placed }) =>
        placed?.digest === digest ? [{ ...(placed as FleetPlacement), model }] : [],
      ),
    );

export const movesOf = (placed: readonly Placed[]): readonly FleetMove[] =>
  placed.flatMap(({ model, move }) => (move ? [{ ...move, model }] : []));

export const proofOf = (placed: readonly Placed[]): Proof | undefined => placed[0]?.proof;

import type { HostDoor } from "../../access/host-access.ts";
import type { Bound } from "../../bound.ts";
import type { FoundModel } from "../../models/shape/shape.ts";
import type { FleetOutcome } from "../../scheduler/schedule-fleet.ts";
import type { AllocationArgs } from "../../schema/allocation.ts";
import type { Fleet } from "../../schema/fleet.ts";
import { singleFlight } from "../../single-flight.ts";
import { createDeclarations, type Declarations } from "./declarations.ts";
import { createHosts, type Hosts } from "./hosts.ts";
import { createKeys, type Keys } from "./keys.ts";
import type { Log } from "./log.ts";
import { createPlacements, type Placements } from "./placements.ts";

/**
 * What the resources of one engine operation (one preview, one update, ...) have in common. The engine calls each of them on its
 * own and tells none of the others, so this is where they meet. Nothing of it outlives the operation.
 */
export interface Operation {
  readonly hosts: Hosts;
  /** Of GpuPartitionConfigs. */
  readonly partitionKeys: Keys;
  /** Of ModelAllocations, which stand in a part of the record of their own. */
  readonly allocationKeys: Keys;
  readonly declarations: Declarations;
  readonly placements: Placements;
  /** Several allocations of one model read its headers once. */
  readonly findModel: (model: AllocationArgs["model"]) => Promise<FoundModel>;
  readonly fleets: Fleets;
  /** How long a change may take, and who may cancel it. The engine tells a dynamic provider neither. */
  readonly bound: Bound;
  /** On the line of the resource with this URN. */
  log(urn: string): Log;
}

/** Every member of a fleet brings the whole fleet: it is read once, and solved once. */
export interface Fleets {
  read(text: string, parse: () => Fleet | undefined): Fleet | undefined;
  solve(question: string, answer: () => Promise<FleetOutcome>): Promise<FleetOutcome>;
}

/** What an operation reaches outside of itself. */
export interface World {
  readonly hosts: HostDoor;
  readonly findModel: (model: AllocationArgs["model"]) => Promise<FoundModel>;
  readonly log: (urn: string) => Log;
}

export function createOperation({ hosts, findModel, log }: World): Operation {
  const found = new Map<string, Promise<FoundModel>>();
  return {
    hosts: createHosts(hosts),
    partitionKeys: createKeys(),
    allocationKeys: createKeys(),
    declarations: createDeclarations(),
    placements: createPlacements(),
    findModel: (model) =>
      typeof model === "string" ? singleFlight(found, model, () => findModel(model)) : findModel(model),
    fleets: createFleets(),
    bound: {},
    log,
  };
}

function createFleets(): Fleets {
  const fleets = new Map<string, Fleet | undefined>();
  const solved = new Map<string, Promise<FleetOutcome>>();
  return {
    read(text, parse) {
      if (!fleets.has(text)) fleets.set(text, parse());
      return fleets.get(text);
    },
    solve: (question, answer) => singleFlight(solved, question, answer),
  };
}

import { UnknownPartitionError } from "../argument-errors.ts";
import type { MemoryEstimate } from "../models/memory/estimate.ts";
import type { Serving } from "../models/memory/serving.ts";
import type { FoundModel } from "../models/shape/shape.ts";
import { visibleDevices } from "../render/environment.ts";
import type { ModelArgs } from "../schema/model-spec.ts";
import type { ScheduleOptionsArgs } from "../schema/placement.ts";
import type { Layout } from "../topology/layout.ts";
import type { ChangeableHost } from "./advice/layout-alternatives.ts";
import type { NearMiss } from "./advice/near-misses.ts";
import type { Remedy } from "./advice/remedy.ts";
import { type HostedDevice, type HostLayout, type Pool, poolOf, type Reservation } from "./occupancy/pool.ts";
import type { UnreservedUse } from "./occupancy/unreserved-use.ts";
import { type DeviceUtilization, deviceUtilization } from "./occupancy/utilization.ts";
import { findViolations, type Violation } from "./occupancy/violations.ts";
import { readRequest } from "./read-request.ts";
import { schedule } from "./schedule.ts";

export interface ModelSchedulerOptions {
  /** What is held already, by whomever. @default nothing */
  readonly reservations?: readonly Reservation[];
  /** Hosts whose modes may be changed, for advice when a model does not fit. @default only whole GPUs are suggested */
  readonly hosts?: readonly ChangeableHost[];
  /** What processes use beyond the reservations; counted for models with `respectForeignUse`. @default none */
  readonly unreservedUse?: readonly UnreservedUse[];
}

export type ScheduleModelResult =
  | {
      readonly success: true;
      /** Key of the reservation: what `deallocateModel` takes. */
      readonly name: string;
      readonly hostId: string;
      /** Of rank 0. */
      readonly partitionId: string;
      /** Of all ranks, in the driver's order. */
      readonly partitionIds: readonly string[];
      readonly devices: readonly HostedDevice[];
      readonly tensorParallel: number;
      /** Of each device. */
      readonly memory: MemoryEstimate;
      readonly serving: Serving;
      /** The arithmetic; stable while neighbours come and go. */
      readonly explanation: readonly string[];
      /** Neighbours, what processes use of the devices, and smaller sizes that were tried. */
      readonly notes: readonly string[];
      readonly warnings: readonly string[];
    }
  | {
      readonly success: false;
      readonly error: string;
      readonly nearest: readonly NearMiss[];
      readonly remedies: readonly Remedy[];
    };

/** Host of a scheduler that was given one layout and no name for it. */
const ONLY_HOST = "host";

/**
 * Places models on the logical devices of one or several hosts, one after the other, without touching any of them.
 *
 * It only remembers what `schedule` answered. A caller that keeps its own reservations uses that function.
 */
export class ModelScheduler {
  readonly #pool: Pool;
  readonly #hosts: readonly ChangeableHost[] | undefined;
  readonly #unreservedUse: readonly UnreservedUse[] | undefined;
  #reservations: readonly Reservation[];

  constructor(layout: Layout | readonly HostLayout[], options: ModelSchedulerOptions = {}) {
    this.#pool = poolOf("devices" in layout ? [{ hostId: ONLY_HOST, layout }] : layout);
    this.#reservations = options.reservations ?? [];
    this.#hosts = options.hosts;
    this.#unreservedUse = options.unreservedUse;
  }

  /** What is held now; a value that later calls do not change. */
  get reservations(): readonly Reservation[] {
    return this.#reservations;
  }

  /**
   * Finds devices for a model and holds them. A model that does not fit, or cannot be, is an answer, not an exception.
   *
   * A string is looked up in the catalog; `resolveModel` also finds directories and repositories, and its answer is taken as
   * it is.
   *
   * Without a `name` every call is one more copy of the model; with one, the same call again answers the same.
   */
  scheduleModel(model: ModelArgs | FoundModel, options: ScheduleOptionsArgs = {}): ScheduleModelResult {
    const request = readRequest(model, options);
    if (!request.ok) return { success: false, error: request.error, nearest: [], remedies: [] };
    const outcome = schedule({
      key: request.options.name ?? this.#unusedName(request.shape.id),
      shape: request.shape,
      options: request.options,
      pool: this.#pool,
      reservations: this.#reservations,
      hosts: this.#hosts,
      unreservedUse: this.#unreservedUse,
    });
    if (!outcome.success) return outcome;
    const { placement, reservation, memory, serving, explanation, notes, unreservedUse, warnings } = outcome;
    this.#reservations = [...this.#without(placement.key), reservation];
    return {
      success: true,
      name: placement.key,
      hostId: placement.hostId,
      partitionId: reservation.deviceIds[0] ?? "",
      partitionIds: reservation.deviceIds,
      devices: placement.devices,
      tensorParallel: placement.tensorParallel,
      memory,
      serving,
      explanation,
      notes: [...notes, ...unreservedUse].map((note) => note.text),
      warnings,
    };
  }

  /** Releases what a model holds and says which partitions that were; none when there is no such model. */
  deallocateModel(name: string): readonly string[] {
    const released = this.#reservations.filter((reservation) => reservation.key === name);
    this.#reservations = this.#without(name);
    return released.flatMap((reservation) => reservation.deviceIds);
  }

  /**
   * The variable that limits a process to these partitions, when it could see all devices of the host.
   *
   * @param hostId needed where two hosts have a partition of the same id
   * @throws UnknownPartitionError
   */
  partitionEnvironment(
    partitionId: string | readonly string[],
    hostId?: string,
  ): { readonly ROCR_VISIBLE_DEVICES: string } {
    const ids = typeof partitionId === "string" ? [partitionId] : partitionId;
    const devices = ids.map((id) => this.#find(id, hostId));
    const [first] = devices;
    const stranger = devices.find((device) => device.hostId !== first?.hostId);
    if (stranger)
      throw new UnknownPartitionError(
        stranger.id,
        `is on ${stranger.hostId}, but ${first?.id} is on ${first?.hostId}`,
      );
    return visibleDevices(devices);
  }

  /** Partitions that can take another model, by host and in the driver's order. */
  availablePartitions(): readonly DeviceUtilization[] {
    return this.partitionUtilization().filter((partition) => partition.free > 0 && !partition.exclusive);
  }

  /** All partitions and what holds them, by host and in the driver's order. */
  partitionUtilization(): readonly DeviceUtilization[] {
    return deviceUtilization(this.#pool, this.#reservations);
  }

  /** Rules that the reservations break. Only those given to the constructor can. */
  validate(): readonly Violation[] {
    return findViolations(this.#pool, this.#reservations);
  }

  #without(key: string): readonly Reservation[] {
    return this.#reservations.filter((reservation) => reservation.key !== key);
  }

  /** "id", "id#2", "id#3" */
  #unusedName(id: string): string {
    const taken = new Set(this.#reservations.map((reservation) => reservation.key));
    let name = id;
    for (let copy = 2; taken.has(name); copy++) name = `${id}#${copy}`;
    return name;
  }

  #find(id: string, hostId: string | undefined): HostedDevice {
    const found = this.#pool.devices.filter(
      (device) => device.id === id && (hostId === undefined || device.hostId === hostId),
    );
    const [device] = found;
    if (!device) throw new UnknownPartitionError(id, "is not in the layout");
    if (found.length > 1) {
      throw new UnknownPartitionError(
        id,
        `is on ${found.map((other) => other.hostId).join(" and ")}; name the host`,
      );
    }
    return device;
  }
}

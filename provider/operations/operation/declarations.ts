import { endpointKey } from "../../access/host-access.ts";
import type { Plan } from "../../partitioner/plan/plan.ts";
import type { HostAccessArgs } from "../../schema/allocation.ts";
import type { Bdf } from "../../topology/layout.ts";

/** What a GpuPartitionConfig declares in this operation, as far as its check could tell. */
export type Declared =
  | { readonly state: "unknown"; readonly access: HostAccessArgs | undefined }
  | {
      readonly state: "planned";
      readonly plan: Plan;
      readonly hostId: string;
      /** What state says, for the second check of a replacement, which is given no state. undefined for a new resource. */
      readonly layoutBefore: Readonly<Record<Bdf, string>> | undefined;
      /**
       * GPUs whose logical devices become others, and what was reserved on them is placed again. Repairing a drift touches GPUs
       * too, and gives back the very devices that were declared.
       */
      readonly vanishing: ReadonlySet<Bdf>;
    };

/** The GpuPartitionConfigs that were checked in this operation, by key. Models ask what becomes of the devices they are on. */
export interface Declarations {
  note(key: string, declared: Declared): void;
  of(key: string): Declared | undefined;
  /** What state said when the resource was checked before in this operation. */
  layoutBefore(key: string): Readonly<Record<Bdf, string>> | undefined;
  /**
   * Whether the program still declares this resource on this host, so that a delete is one half of a replacement and must leave
   * the host as it is: our own, or one that the engine was told to make (`--replace`, taint, `replaceOnChanges`), now or in an
   * earlier run that was cut short. The engine checks no resource that it destroys or that has left the program.
   */
  isReplaced(
    key: string,
    before: { readonly hostId: string | undefined; readonly access: HostAccessArgs },
  ): boolean;
  /** The delete half was called and has left the host alone: state has no old half any more. */
  noteDeleted(key: string): void;
  isDeleted(key: string): boolean;
}

export function createDeclarations(): Declarations {
  const declared = new Map<string, Declared>();
  const deleted = new Set<string>();
  return {
    note: (key, what) => declared.set(key, what),
    of: (key) => declared.get(key),
    layoutBefore(key) {
      const now = declared.get(key);
      return now?.state === "planned" ? now.layoutBefore : undefined;
    },
    isReplaced(key, before) {
      const now = declared.get(key);
      if (!now) return false;
      if (now.state === "planned") return now.hostId === before.hostId;
      return now.access !== undefined && endpointKey(now.access) === endpointKey(before.access);
    },
    noteDeleted: (key) => deleted.add(key),
    isDeleted: (key) => deleted.has(key),
  };
}

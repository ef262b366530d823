import * as fc from "fast-check";

import { gibibytes } from "../../provider/bytes.ts";
import { withoutReservation, withReservation } from "../../provider/host-record/changes.ts";
import { listed, withoutListed } from "../../provider/host-record/listed.ts";
import { EMPTY_RECORD, type HostRecord, type Reservation } from "../../provider/host-record/record.ts";
import { remoteRecordStore } from "../../provider/host-record/remote-store.ts";
import { fromRecord, toRecord } from "../../provider/host-record/reservations.ts";
import { poolOf } from "../../provider/scheduler/occupancy/pool.ts";
import { place } from "../../provider/scheduler/solver/place.ts";
import { reservationOf } from "../../provider/scheduler/solver/placements.ts";
import { mi300xLayout } from "../support/mi300x.ts";
import type { HostInMemory } from "./host-in-memory.ts";

const HOST = "h";
export const POOL = poolOf([{ hostId: HOST, layout: mi300xLayout(["QPX"], "NPS4") }]);
const LIMITS = { lockWaitSeconds: 1, lockTimeoutMs: 1000 };

export const reservationsIn = (record: HostRecord) => record.reservations.map((one) => fromRecord(one, HOST));

export type Action =
  | { readonly does: "reserve"; readonly model: number; readonly size: number; readonly exclusive: boolean }
  | { readonly does: "release"; readonly model: number }
  /** By name, as somebody who listed a while ago: any model of any stack. */
  | { readonly does: "release another's"; readonly at: number }
  /** The engine dies with a command under way; the next one begins anew. */
  | { readonly does: "die" };

export const action = (): fc.Arbitrary<Action> =>
  fc.oneof(
    {
      weight: 5,
      arbitrary: fc.record({
        does: fc.constant("reserve" as const),
        model: fc.nat(3),
        size: fc.integer({ min: 1, max: 50 }),
        exclusive: fc.boolean(),
      }),
    },
    { weight: 3, arbitrary: fc.record({ does: fc.constant("release" as const), model: fc.nat(3) }) },
    { weight: 1, arbitrary: fc.record({ does: fc.constant("release another's" as const), at: fc.nat(9) }) },
    { weight: 1, arbitrary: fc.constant({ does: "die" } as const) },
  );

type Reserve = Extract<Action, { does: "reserve" }>;

/** One stack: reserves by the rules of `place` on whatever record it is shown, one action after the other. */
export interface RandomStack {
  /** What it was told last of each of its keys, by the store or by an error. */
  readonly told: ReadonlyMap<string, "reserved" | "released" | "unknown">;
  readonly releasedByName: readonly string[];
  run(actions: readonly Action[]): Promise<void>;
}

export function stackOn(host: HostInMemory, name: string): RandomStack {
  const told = new Map<string, "reserved" | "released" | "unknown">();
  const releasedByName: string[] = [];
  const connect = () => {
    const { executor, cut } = host.connect();
    return { store: remoteRecordStore(executor, "root", EMPTY_RECORD, LIMITS), cut };
  };
  let engine = connect();

  const reserve = async (one: Reserve): Promise<void> => {
    const key = `p/${name}/${one.model}`;
    try {
      await engine.store.update((record) => withReservation(record, decide(key, record, one)));
      told.set(key, "reserved");
    } catch (error) {
      // A refusal leaves what was there before.
      if (!(error as Error).message.includes("no room")) told.set(key, "unknown");
    }
  };
  const release = async (key: string): Promise<void> => {
    await engine.store.update((record) => withoutReservation(record, key));
    told.set(key, "released");
  };
  const releaseListed = async (at: number): Promise<void> => {
    const seen = host.history[at % Math.max(1, host.history.length)] ?? EMPTY_RECORD;
    const [listing] = listed(seen, new Set());
    if (!listing) return;
    const update = engine.store.update((record) => withoutListed(record, listing, "memory"));
    const outcome = await update.then(
      () => "released",
      () => "refused",
    );
    if (outcome === "released") releasedByName.push(listing.key);
  };
  const die = async (): Promise<void> => {
    const dying = reserve({ does: "reserve", model: 0, size: 1, exclusive: false });
    engine.cut();
    await dying;
    engine = connect();
  };
  const act = (one: Action): Promise<void> => {
    switch (one.does) {
      case "reserve":
        return reserve(one);
      case "release":
        return release(`p/${name}/${one.model}`);
      case "release another's":
        return releaseListed(one.at);
      case "die":
        return die();
    }
  };
  return {
    told,
    releasedByName,
    run: async (actions) => {
      for (const one of actions) await act(one);
    },
  };
}

/** Where the model goes on this record. @throws Error "no room" */
function decide(key: string, record: HostRecord, one: Reserve): Reservation {
  const result = place(POOL, reservationsIn(record), {
    key,
    demandByTensorParallel: new Map([[1, gibibytes(one.size)]]),
    tensorParallel: 1,
    strategy: "pack",
    exclusive: one.exclusive,
  });
  if (!result) throw new Error("no room");
  return toRecord(reservationOf(result.placement));
}

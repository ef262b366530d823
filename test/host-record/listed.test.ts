import * as fc from "fast-check";
import { expect, test } from "vitest";

import { ReservationChangedError } from "../../provider/host-errors.ts";
import { withReservation } from "../../provider/host-record/changes.ts";
import { listed, withoutListed } from "../../provider/host-record/listed.ts";
import { EMPTY_RECORD, type HostRecord, type Reservation } from "../../provider/host-record/record.ts";

const LLAMA: Reservation = {
  key: "gpus/dev/team/llama",
  model: "llama (fp8)",
  devices: [
    { id: "0000:0c:00.0", bytes: 20 },
    { id: "0000:0c:00.1", bytes: 20 },
  ],
  exclusive: false,
  urn: "urn:pulumi:dev::gpus::pulumi-nodejs:dynamic/amdgpu:ModelAllocation::team/llama",
  since: "2026-11-25T10:00:00.000Z",
};
const OLD: Reservation = { key: "a/b/c", model: "m", devices: [{ id: "x", bytes: 1 }], exclusive: true };

const record = (...reservations: readonly Reservation[]): HostRecord => ({
  ...EMPTY_RECORD,
  reservations: [...reservations],
});

test("a reservation is listed with its resource, its bytes, its age, and its devices that are gone", () => {
  expect(listed(record(LLAMA, OLD), new Set(["0000:0c:00.0"]))).toEqual([
    {
      key: "gpus/dev/team/llama",
      project: "gpus",
      stack: "dev",
      name: "team/llama",
      urn: LLAMA.urn,
      model: "llama (fp8)",
      devices: [
        { id: "0000:0c:00.0", bytes: 20, state: "there" },
        { id: "0000:0c:00.1", bytes: 20, state: "gone" },
      ],
      exclusive: false,
      since: "2026-11-25T10:00:00.000Z",
    },
    // As versions before this one wrote it.
    expect.objectContaining({ key: "a/b/c", urn: undefined, since: undefined, exclusive: true }),
  ]);
});

test("a reservation that is written again on the same devices is as old as it was; on others it is new", () => {
  const first = withReservation(EMPTY_RECORD, LLAMA);
  const again = withReservation(first, { ...LLAMA, since: "2026-11-26T00:00:00.000Z" });
  expect(again.reservations).toEqual([LLAMA]);
  const moved = { ...LLAMA, devices: LLAMA.devices.slice(0, 1), since: "2026-11-26T00:00:00.000Z" };
  expect(withReservation(first, moved).reservations).toEqual([moved]);
});

/** One fact changed between the list and the release. */
const changes = (): fc.Arbitrary<Partial<Reservation>> =>
  fc.oneof(
    fc.string().map((model) => ({ model })),
    fc.string().map((urn) => ({ urn })),
    fc.string().map((since) => ({ since })),
    fc.nat().map((bytes) => ({ devices: [{ id: "0000:0c:00.0", bytes }] })),
    fc.string().map((id) => ({ devices: LLAMA.devices.map((claim) => ({ ...claim, id })) })),
  );

test("only the reservation that was listed is released, never a later one with its key", () => {
  fc.assert(
    fc.property(changes(), (change) => {
      const [listing] = listed(record(LLAMA), new Set());
      if (!listing) throw new Error("nothing is listed");
      const now = { ...LLAMA, ...change };
      fc.pre(JSON.stringify(now) !== JSON.stringify(LLAMA));
      expect(() => withoutListed(record(now, OLD), listing, "gpu1")).toThrow(ReservationChangedError);
      expect(withoutListed(record(LLAMA, OLD), listing, "gpu1").reservations).toEqual([OLD]);
    }),
  );
});

test("the refusal names the difference, or that the key has no reservation", () => {
  const [listing] = listed(record(LLAMA), new Set());
  if (!listing) throw new Error("nothing is listed");
  expect(() => withoutListed(record({ ...LLAMA, model: "qwen (bf16)" }), listing, "gpu1")).toThrow(
    "cannot release gpus/dev/team/llama on gpu1: its model is now qwen (bf16), but was listed as llama (fp8); list the reservations again",
  );
  expect(() => withoutListed(record(OLD), listing, "gpu1")).toThrow("there is no such reservation");
});

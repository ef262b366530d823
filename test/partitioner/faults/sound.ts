import { expect } from "vitest";

import { RefusedError, ChangeFailedError } from "../../../provider/change-errors.ts";
import { type Reconciled } from "../../../provider/partitioner/change/reconcile.ts";
import { observedModes } from "../../../provider/partitioner/plan/host-modes.ts";
import { formatModes } from "../../../provider/topology/modes.ts";
import type { HardwareHost } from "../hardware-host.ts";
import { BEFORE } from "../host-under-test.ts";
import type { Fault } from "./table.ts";

export const KEY = "project/dev/node1";
export const WANTED = { 0: "QPX/NPS4", 1: "CPX/NPS4" } as const;
const DESIRED = Object.values(WANTED).join(" ");

/** What the run that met the fault has said of itself. */
export type Outcome =
  | { readonly is: "done"; readonly done: Reconciled }
  | { readonly is: "failed"; readonly failure: Error }
  | { readonly is: "killed" };

const runs = (host: HardwareHost): boolean =>
  host.node.state().services.some((service) => service.name === "gpuagent" && service.active);

/**
 * The invariant of every cell: the host is as before, as desired, or its record has a journal, which the next preview names;
 * the record can be read; the service runs or the journal knows that it has to; and nobody has claimed what is not so.
 */
export function expectSound(host: HardwareHost, fault: Fault, outcome: Outcome): void {
  // Parses the record: a broken one throws.
  const journal = host.record()?.journal;
  if (journal) {
    expect(journal.key).toBe(KEY);
    expect(journal.step).toBeLessThanOrEqual(journal.steps.length);
  } else if (!fault.alsoChanged) {
    expect([BEFORE, DESIRED]).toContain(host.modes());
    expect(host.node.state().driver).toBe("loaded");
    // Staged is not "as before": it may only be left when it is said.
    const said = outcome.is === "failed" ? outcome.failure.message : "";
    if (host.node.state().staged !== null) expect(said).toContain("is staged");
  }
  expect(runs(host) || (journal?.servicesStopped ?? []).includes("gpuagent")).toBe(true);
  // What needs the driver cannot run without it.
  const startable = fault.cleanUp !== "hindered" && host.node.state().driver === "loaded";
  if (fault.reach === "connection" && startable) expect(runs(host)).toBe(true);

  if (outcome.is === "done") {
    const verified = [...observedModes(outcome.done.observation).values()].map(formatModes).join(" ");
    expect(verified).toBe(DESIRED);
    expect(journal).toBeUndefined();
    if (fault.reach === "connection" && !fault.alsoChanged) expect(host.modes()).toBe(DESIRED);
  }
  if (outcome.is === "failed") {
    const { failure } = outcome;
    const undone =
      failure instanceof RefusedError || (failure instanceof ChangeFailedError && failure.rolledBack);
    if (undone && !fault.alsoChanged) expect(host.modes()).toBe(BEFORE);
    if (undone) expect(journal).toBeUndefined();
  }
}

/** After a run that nothing has disturbed. */
export function expectDesired(host: HardwareHost, fault: Fault): void {
  expect(host.modes()).toBe(DESIRED);
  expect(host.record()).not.toHaveProperty("journal");
  expect(host.record()?.owners).toHaveProperty(KEY);
  // What is restored one day is what was there before the first run, not what that left half-way.
  const before = Object.values(host.record()?.before ?? {})
    .map(formatModes)
    .join(" ");
  if (fault.alsoChanged) expect(before).toMatch(/^SPX\/NPS1 (SPX|QPX)\/NPS1$/);
  else expect(before).toBe(BEFORE);
  expect(host.node.state()).toMatchObject({ driver: "loaded", staged: null });
  expect(runs(host)).toBe(true);
}

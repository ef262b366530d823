import { describe, expect, test } from "vitest";

import type { HostObservation } from "../../provider/detection/observation.ts";
import type { DesiredPartitions } from "../../provider/partitioner/plan/desired.ts";
import { planMessages } from "../../provider/partitioner/plan/messages.ts";
import { plan } from "../../provider/partitioner/plan/plan.ts";
import { type Declaration, resolveModes } from "../../provider/partitioner/plan/resolve.ts";
import { declareAll, desired, eight, GPUS, hostOf, pair } from "./host.ts";

const LOST = GPUS[6] ?? "";
const OTHERS = GPUS.filter((gpu) => gpu !== LOST);

/** Eight GPUs, of which the driver shows seven: the seventh is on the PCI bus, or not even there. */
const hostWithout = (where: "on the bus" | "gone", modes = "CPX/NPS1"): HostObservation => {
  const whole = hostOf(eight(modes));
  return {
    ...whole,
    gpus: whole.gpus.filter(({ gpu }) => gpu !== LOST),
    devices: whole.devices.filter(({ gpu }) => gpu !== LOST),
    missingGpus:
      where === "gone"
        ? []
        : [{ gpu: LOST, accelerator: "MI300X", cause: { kind: "start-failed", line: undefined } }],
  };
};

const to = (modes: string, changes: Partial<DesiredPartitions["groups"][number]> = {}) => ({
  ...pair(modes),
  path: "profiles[0]",
  ...changes,
});

const FORMS: Readonly<Record<string, DesiredPartitions>> = {
  all: { groups: [to("CPX/NPS1")], skipped: [] },
  "a count": { groups: [to("CPX/NPS1", { count: 8 })], skipped: [] },
  "a number that is skipped": { groups: [to("CPX/NPS1")], skipped: [0] },
  numbers: { groups: [to("CPX/NPS1", { gpus: [0, 6] })], skipped: [] },
  "its address": { groups: [to("CPX/NPS1", { gpus: [LOST] })], skipped: [] },
  "other addresses": { groups: [to("CPX/NPS1", { gpus: OTHERS })], skipped: [] },
  "its address as skipped": { groups: [to("CPX/NPS1")], skipped: [LOST] },
};

const resolve = (form: DesiredPartitions, of: Partial<Declaration> = {}, host = hostWithout("on the bus")) =>
  resolveModes({ desired: form, before: new Map(), declared: "changed", ...of }, host);

describe("a new declaration on a host of which one GPU is missing", () => {
  test.each([
    ["a count", "profiles[0].numGPUsAssigned", "gpus-missing-counted"],
    ["a number that is skipped", "skippedGPUs.ids[0]", "gpus-missing-counted"],
    ["numbers", "profiles[0].gpus[0]", "gpus-missing-counted"],
    ["its address", "profiles[0].gpus[0]", "gpu-missing-named"],
  ] as const)("is refused when it says %s", (form, path, code) => {
    const { text } =
      code === "gpu-missing-named" ? planMessages[code]({ gpu: LOST }) : planMessages[code]({ gpus: [LOST] });
    expect(resolve(FORMS[form] ?? FORMS["all"]!)).toEqual({ ok: false, problems: [{ path, message: text }] });
  });

  test("of all GPUs applies to the GPUs that are present, with a warning", () => {
    const resolution = resolve(FORMS["all"]!);
    expect(resolution).toMatchObject({
      ok: true,
      absent: [],
      warnings: [planMessages["gpus-missing-left-out"]({ gpus: [LOST], left: 7 }).text],
    });
    expect(resolution.ok && [...resolution.modes.keys()]).toEqual(OTHERS);
  });

  test.each(["other addresses", "its address as skipped"])("is accepted when it says %s", (form) => {
    const resolution = resolve(FORMS[form]!);
    expect(resolution).toMatchObject({ ok: true, absent: [], warnings: [] });
    expect(resolution.ok && [...resolution.modes.keys()]).toEqual(OTHERS);
  });
});

describe.each(["on the bus", "gone"] as const)("a declaration that is as before, its GPU %s", (where) => {
  const before = desired(declareAll("CPX/NPS1"));
  test.each(Object.keys(FORMS))("keeps its layout when it says %s, and needs no step", (form) => {
    const host = hostWithout(where);
    const resolution = resolve(FORMS[form]!, { before, declared: "as before" }, host);
    expect(resolution).toMatchObject({ ok: true, modes: before, absent: [LOST] });
    if (!resolution.ok) return;
    expect([...resolution.present.keys()]).toEqual(OTHERS);
    expect(plan({ observation: host, desired: resolution.present, reason: "drift" }).steps).toEqual([]);
  });

  test("has the drift of the other GPUs repaired", () => {
    const host = hostWithout(where, "SPX/NPS1");
    const resolution = resolve(FORMS["a count"]!, { before, declared: "as before" }, host);
    if (!resolution.ok) throw new Error("refused");
    const { steps } = plan({ observation: host, desired: resolution.present, reason: "drift" });
    expect(steps).toEqual([{ action: "setComputeMode", compute: "CPX", gpus: OTHERS }]);
  });
});

test("a changed declaration that counts is refused also when a GPU is not even on the bus", () => {
  const before = desired(declareAll("SPX/NPS1"));
  expect(resolve(FORMS["a count"]!, { before }, hostWithout("gone"))).toMatchObject({
    ok: false,
    problems: [{ path: "profiles[0].numGPUsAssigned" }],
  });
});

test("a layout that was made while another driver had a GPU goes on counting without it", () => {
  const form: DesiredPartitions = { groups: [to("CPX/NPS1", { count: 7 })], skipped: [] };
  const before = new Map(OTHERS.map((gpu) => [gpu, pair("CPX/NPS1")]));
  expect(resolve(form, { before, declared: "as before" })).toMatchObject({ ok: true, modes: before });
});

import * as fc from "fast-check";
import { describe, expect, test } from "vitest";

import {
  assignModes,
  type Assignment,
  type DesiredGroup,
  type DesiredPartitions,
} from "../../provider/partitioner/plan/desired.ts";
import { formatModes } from "../../provider/topology/modes.ts";
import { eight, GPUS, hostOf, pair } from "./host.ts";

const HOST = hostOf(eight("SPX/NPS1"));

const group = (text: string, rest: Partial<DesiredGroup> = {}, number = 0): DesiredGroup => ({
  ...pair(text),
  path: `profiles[${number}]`,
  ...rest,
});

const assign = (desired: Partial<DesiredPartitions>, host = HOST): Assignment =>
  assignModes({ groups: [], skipped: [], ...desired }, host);

/** The modes of GPU 0, 1, … as one line; "-" for one that is not declared. */
function modesOf(assignment: Assignment): string {
  if (!assignment.ok)
    throw new Error(assignment.problems.map((one) => `${one.path} ${one.message}`).join("; "));
  return GPUS.map((gpu) => {
    const modes = assignment.modes.get(gpu);
    return modes ? formatModes(modes) : "-";
  }).join(" ");
}

const problemsOf = (assignment: Assignment): readonly string[] =>
  assignment.ok ? [] : assignment.problems.map((one) => `${one.path} ${one.message}`);

describe("GPUs are dealt to profiles in ascending order of their addresses", () => {
  test("one profile without a count takes them all", () => {
    expect(modesOf(assign({ groups: [group("CPX/NPS1")] }))).toBe(eight("CPX/NPS1").join(" "));
  });

  test("counts are taken in the order of the profiles, and one without a count takes the rest, wherever it stands", () => {
    const groups = [
      group("CPX/NPS1", { count: 2 }),
      group("SPX/NPS1", {}, 1),
      group("QPX/NPS1", { count: 1 }, 2),
    ];
    expect(modesOf(assign({ groups }))).toBe(
      "CPX/NPS1 CPX/NPS1 SPX/NPS1 SPX/NPS1 SPX/NPS1 SPX/NPS1 SPX/NPS1 QPX/NPS1",
    );
  });

  test("skipped GPUs are left out of the dealing, and named ones are taken out first", () => {
    const groups = [
      group("CPX/NPS1", { count: 3 }),
      group("QPX/NPS1", { gpus: [2, "9f:00"] }, 1),
      group("DPX/NPS1", {}, 2),
    ];
    const assignment = assign({ groups, skipped: [0, "0000:DF:00.0"] });
    expect(modesOf(assignment)).toBe("- CPX/NPS1 QPX/NPS1 CPX/NPS1 QPX/NPS1 CPX/NPS1 DPX/NPS1 -");
    expect(assignment.ok && assignment.skipped).toEqual([GPUS[0], GPUS[7]]);
  });

  test("a GPU has its number by its address, not by the place where a tool lists it", () => {
    const backwards = { ...HOST, gpus: HOST.gpus.toReversed() };
    expect(modesOf(assign({ groups: [group("CPX/NPS1", { gpus: [3] })] }, backwards))).toBe(
      "- - - CPX/NPS1 - - - -",
    );
  });
});

describe("a declaration that does not fit the host is refused at its path:", () => {
  test("counts that do not add up", () => {
    const groups = [group("CPX/NPS1", { count: 6 }), group("SPX/NPS1", { count: 1 }, 1)];
    expect(problemsOf(assign({ groups, skipped: [0] }))).toEqual([]);
    expect(problemsOf(assign({ groups }))).toEqual([
      "profiles asks for 7 GPUs by count, but the host has 8, which leaves 8",
    ]);
    expect(problemsOf(assign({ groups: [group("CPX/NPS1", { count: 9 })] }))).toEqual([
      "profiles[0].numGPUsAssigned asks for 9 GPUs by count, but the host has 8, which leaves 8",
    ]);
    const named = [group("CPX/NPS1", { gpus: [1, 2] }), group("SPX/NPS1", { count: 6 }, 1)];
    expect(problemsOf(assign({ groups: named, skipped: [0] }))).toEqual([
      "profiles[1].numGPUsAssigned asks for 6 GPUs by count, but the host has 8 (1 skipped, 2 named), which leaves 5",
    ]);
  });

  test("counts above the number of GPUs, although one profile takes the rest", () => {
    const groups = [group("CPX/NPS1", { count: 9 }), group("SPX/NPS1", {}, 1)];
    expect(problemsOf(assign({ groups }))).toEqual([
      "profiles asks for 9 GPUs by count, but the host has 8, which leaves 8",
    ]);
  });

  test("GPUs that the host does not have, each by its own path", () => {
    const groups = [group("CPX/NPS1", { gpus: [8, "0000:ff:00.0"] })];
    const has = `but the host has GPUs 0 to 7 (${GPUS.join(", ")})`;
    expect(problemsOf(assign({ groups, skipped: [-1] }))).toEqual([
      `skippedGPUs.ids[0] names GPU -1, ${has}`,
      `profiles[0].gpus[0] names GPU 8, ${has}`,
      `profiles[0].gpus[1] names GPU "0000:ff:00.0", ${has}`,
    ]);
  });

  test("a GPU named twice, by any of its names", () => {
    const groups = [group("CPX/NPS1", { gpus: [0, "0c:00.0"] }), group("SPX/NPS1", { gpus: [3] }, 1)];
    expect(problemsOf(assign({ groups, skipped: [3, "0000:5c:00.0"] }))).toEqual([
      "skippedGPUs.ids[1] names GPU 0000:5c:00.0, which skippedGPUs.ids[0] names already",
      "profiles[0].gpus[1] names GPU 0000:0c:00.0, which profiles[0].gpus[0] names already",
      "profiles[1].gpus[0] names GPU 0000:5c:00.0, which skippedGPUs.ids[0] names already",
    ]);
  });

  test("a pair that the GPU does not offer, once for all GPUs of the profile, with what it does offer", () => {
    expect(problemsOf(assign({ groups: [group("CPX/NPS2")] }))).toEqual([
      "profiles[0] asks for CPX/NPS2, which MI300X does not offer; it offers SPX/NPS1, DPX/NPS1, DPX/NPS2, QPX/NPS1, QPX/NPS4, CPX/NPS1, CPX/NPS4",
    ]);
    expect(problemsOf(assign({ groups: [group("DPX/NPS1")] }, hostOf(["SPX/NPS1"], "MI300A")))).toEqual([
      "profiles[0] asks for DPX/NPS1, which MI300A does not offer; it offers SPX/NPS1, TPX/NPS1, CPX/NPS1",
    ]);
  });

  test("two memory modes, which one driver cannot have", () => {
    const groups = [group("CPX/NPS1", { count: 4 }), group("CPX/NPS4", { count: 4 }, 1)];
    expect(problemsOf(assign({ groups }))).toEqual([
      "profiles[1].memoryPartition is NPS4, but profiles[0] has NPS1; a host has one memory mode, because it has one driver",
    ]);
  });

  test("two profiles that take the rest", () => {
    expect(problemsOf(assign({ groups: [group("CPX/NPS1"), group("SPX/NPS1", {}, 1)] }))).toEqual([
      "profiles[1].numGPUsAssigned is missing, as in profiles[0]; only one profile can take the remaining GPUs",
    ]);
  });

  test("any GPU on a host that has none with modes", () => {
    const host = { ...HOST, gpus: HOST.gpus.map((gpu) => ({ ...gpu, modes: undefined })) };
    expect(problemsOf(assign({ groups: [group("CPX/NPS1", { gpus: [0] })] }, host))).toEqual([
      "profiles[0].gpus[0] names GPU 0, but the host has no partitionable GPU",
    ]);
  });
});

describe("a permitted declaration has a warning for", () => {
  test("a pair that AMD does not list, once", () => {
    const assignment = assign({ groups: [group("QPX/NPS4")] });
    expect(assignment.ok && assignment.warnings).toEqual([
      "QPX/NPS4 is permitted by MI300X but not on AMD's list of validated pairs; try it on one host first",
    ]);
  });

  test("a profile for the remaining GPUs when none remain", () => {
    const assignment = assign({ groups: [group("CPX/NPS1", { count: 8 }), group("SPX/NPS1", {}, 1)] });
    expect(assignment.ok && assignment.warnings).toEqual([
      "profiles[1] takes the remaining GPUs, but none are left",
    ]);
  });
});

test("every GPU is declared or skipped exactly once, whatever the counts, when one profile takes the rest", () => {
  const counts = fc.array(fc.integer({ min: 1, max: 4 }), { maxLength: 3 });
  const skipped = fc.subarray([0, 1, 2, 3, 4, 5, 6, 7]);
  fc.assert(
    fc.property(counts, skipped, (wanted, ids) => {
      const groups = [
        ...wanted.map((count, number) => group("CPX/NPS1", { count }, number)),
        group("SPX/NPS1", {}, 9),
      ];
      const assignment = assign({ groups, skipped: ids });
      const total = wanted.reduce((sum, count) => sum + count, 0);
      expect(assignment.ok).toBe(total <= 8 - ids.length);
      if (!assignment.ok) return;
      expect([...assignment.modes.keys(), ...assignment.skipped].toSorted()).toEqual(GPUS);
      const dealt = [...assignment.modes.values()].filter((modes) => modes.compute === "CPX");
      expect(dealt).toHaveLength(total);
    }),
  );
});

import { describe, expect, test } from "vitest";

import { partitionArgsSchema } from "../../provider/schema/partition.ts";
import { type Mistake, sentencesOf, startsOf, unknownFields, wrongTypes } from "./mistakes.ts";

const IDENTITY = { key: "project/dev/node1", urn: "urn:pulumi:dev::project::t::node1" };
const PAIR = { computePartition: "CPX", memoryPartition: "NPS4" };

/** Between them every field that a GpuPartitionConfig has, those of `connection` aside. */
const FULL = {
  pair: {
    ...PAIR,
    connection: { host: "gpu1" },
    mode: "auto",
    skippedGPUs: { ids: [0, "0000:22:00.0", "38:00"] },
    gpuClientSystemdServices: { names: ["gpuagent", "amd-metrics-exporter@1.service"] },
    inUse: "wait",
    driverReload: "refuse",
    onDelete: "keep",
    timeouts: { observe: 1, set: 2, reload: 3, lock: 0, inUse: 5 },
    identity: IDENTITY,
  },
  profiles: {
    local: true,
    profiles: [{ ...PAIR, numGPUsAssigned: 2 }, { ...PAIR, gpus: [7, "0000:0c:00.0"] }, PAIR],
    identity: IDENTITY,
  },
  file: {
    simulation: { accelerator: "MI300A", gpus: 4, stateFile: "host.json" },
    "gpu-config-profiles": { a: { skippedGPUs: { ids: [3] }, profiles: [PAIR] }, b: { profiles: [PAIR] } },
    gpuConfigProfile: "a",
    identity: IDENTITY,
  },
} as const;

const check = (args: object): readonly string[] =>
  sentencesOf(partitionArgsSchema, { identity: IDENTITY, ...args });

/** A profile of a Device Config Manager file that nobody has chosen is nobody's mistake. */
const isJudged = ({ path }: Mistake): boolean => !path.startsWith("gpu-config-profiles.b");

describe("a declaration", () => {
  test("may have every field there is", () => {
    for (const args of Object.values(FULL)) expect(check(args)).toEqual([]);
  });

  test("gets its defaults, and is then complete", () => {
    const parsed = partitionArgsSchema.parse({ ...PAIR, identity: IDENTITY });
    expect(parsed).toEqual({
      ...PAIR,
      mode: "auto",
      gpuClientSystemdServices: { names: [] },
      inUse: "refuse",
      driverReload: "allow",
      onDelete: "restore",
      timeouts: { observe: 120, set: 300, reload: 600, lock: 300, inUse: 600 },
      identity: { ...IDENTITY, keyFormat: 2 },
    });
    expect(partitionArgsSchema.parse(parsed)).toEqual(parsed);
  });

  test("of a file is judged by the profile that is chosen, and by no other", () => {
    const others = [
      ...Object.values(FULL).flatMap(wrongTypes),
      ...Object.values(FULL).flatMap(unknownFields),
    ];
    const mistakes = others.filter((mistake) => !isJudged(mistake));
    expect(mistakes.length).toBeGreaterThan(5);
    for (const { path, input } of mistakes) {
      expect(sentencesOf(partitionArgsSchema, input)).toEqual([]);
      const chosen = sentencesOf(partitionArgsSchema, { ...(input as object), gpuConfigProfile: "b" });
      expect(chosen.join()).toContain(path);
    }
  });

  test.each<Mistake>(Object.values(FULL).flatMap(wrongTypes).filter(isJudged))(
    "with $path of another type has one sentence about it",
    ({ path, input }) => {
      expect(startsOf(sentencesOf(partitionArgsSchema, input), path)).toEqual([`${path} `]);
    },
  );

  test.each<Mistake>(
    Object.values(FULL)
      .flatMap(unknownFields)
      .filter(isJudged)
      .filter(({ path }) => path !== "gpu-config-profiles.surprise"),
  )("with the unknown field $path has one sentence about it", ({ path, input }) => {
    expect(sentencesOf(partitionArgsSchema, input)).toEqual([`${path} is not a known property`]);
  });
});

describe("a value out of range is told the range:", () => {
  test.each([
    [
      { ...PAIR, computePartition: "8PX" },
      'computePartition must be one of SPX, DPX, TPX, QPX, CPX (it is "8PX")',
    ],
    [
      { ...PAIR, memoryPartition: "nps4" },
      'memoryPartition must be one of NPS1, NPS2, NPS4, NPS8 (it is "nps4")',
    ],
    [{ profiles: [] }, "profiles must be at least 1 element(s)"],
    [
      { profiles: [{ ...PAIR, numGPUsAssigned: 0 }] },
      "profiles[0].numGPUsAssigned must be at least 1 (it is 0)",
    ],
    [
      { profiles: [{ ...PAIR, numGPUsAssigned: 65 }] },
      "profiles[0].numGPUsAssigned must be at most 64 (it is 65)",
    ],
    [
      { profiles: [{ ...PAIR, numGPUsAssigned: 1.5 }] },
      "profiles[0].numGPUsAssigned must be a whole number (it is 1.5)",
    ],
    [{ profiles: [{ ...PAIR, gpus: [] }] }, "profiles[0].gpus must be at least 1 element(s)"],
    [
      { ...PAIR, skippedGPUs: { ids: ["0c"] } },
      'skippedGPUs.ids[0] must be the PCI address of a GPU, as "0000:0c:00.0", its UUID, its place on the board, as "oam:3", or its number (it is "0c")',
    ],
    [
      { profiles: [{ ...PAIR, gpus: ["0000:0c:00.1"] }] },
      'profiles[0].gpus[0] must be the PCI address of a GPU, as "0000:0c:00.0", its UUID, its place on the board, as "oam:3", or its number (it is "0000:0c:00.1")',
    ],
    [{ ...PAIR, skippedGPUs: { ids: [-1] } }, "skippedGPUs.ids[0] must be at least 0"],
    [{ ...PAIR, simulation: { gpus: 9 } }, "simulation.gpus must be at most 8 (it is 9)"],
    [
      { ...PAIR, simulation: { accelerator: "MI210" } },
      "simulation.accelerator must be one of MI300X, MI300A,",
    ],
    [{ ...PAIR, simulation: { stateFile: "" } }, "simulation.stateFile must be at least 1 character(s) long"],
    [{ ...PAIR, mode: "fake" }, 'mode must be one of auto, real, simulation (it is "fake")'],
    [{ ...PAIR, local: "yes" }, "local must be a boolean"],
    [{ ...PAIR, inUse: "kill" }, 'inUse must be one of refuse, wait (it is "kill")'],
    [{ ...PAIR, driverReload: "ask" }, 'driverReload must be one of allow, refuse (it is "ask")'],
    [{ ...PAIR, onDelete: "wipe" }, 'onDelete must be one of restore, keep (it is "wipe")'],
    [{ ...PAIR, timeouts: { observe: 0 } }, "timeouts.observe must be at least 1 (it is 0)"],
    [{ ...PAIR, timeouts: { reload: 7201 } }, "timeouts.reload must be at most 7200 (it is 7201)"],
    [
      { ...PAIR, gpuClientSystemdServices: { names: ["a b; rm"] } },
      'gpuClientSystemdServices.names[0] must be the name of a systemd unit (it is "a b; rm")',
    ],
    [{ ...PAIR, gpuConfigProfile: "" }, "gpuConfigProfile must be at least 1 character(s) long"],
  ])("%j", (args, sentence) => {
    const [found = "", ...more] = check(args);
    expect(found.startsWith(sentence) ? sentence : found).toBe(sentence);
    expect(more).toEqual([]);
  });
});

describe("fields that contradict each other have one sentence:", () => {
  const profiles = [PAIR];
  test.each([
    [{}, "computePartition is missing: give computePartition and memoryPartition, or profiles"],
    [{ computePartition: "CPX" }, "memoryPartition is missing beside computePartition"],
    [{ memoryPartition: "NPS4" }, "computePartition is missing beside memoryPartition"],
    [{ ...PAIR, profiles }, "profiles conflicts with computePartition; set one of them"],
    [
      { profiles, "gpu-config-profiles": { a: { profiles } } },
      "gpu-config-profiles conflicts with profiles; set one of them",
    ],
    [{ ...PAIR, connection: { host: "a" }, local: true }, "local conflicts with connection; set one of them"],
    [{ ...PAIR, mode: "real" }, 'mode is "real", which needs a host: give connection or local'],
    [
      { profiles: [{ ...PAIR, numGPUsAssigned: 1, gpus: [0] }] },
      "profiles[0].numGPUsAssigned conflicts with gpus; set one of them",
    ],
    [
      { profiles: [PAIR, PAIR] },
      "profiles[1].numGPUsAssigned is missing, as in profiles[0]; only one profile can take the remaining GPUs",
    ],
    [
      { "gpu-config-profiles": { a: { profiles } }, skippedGPUs: { ids: [0] } },
      "skippedGPUs belongs in the profile of gpu-config-profiles",
    ],
    [
      { "gpu-config-profiles": { a: { profiles }, b: { profiles } } },
      "gpuConfigProfile is missing; choose one of a, b",
    ],
    [{ "gpu-config-profiles": {} }, "gpu-config-profiles has no profile"],
    [
      { "gpu-config-profiles": { a: { profiles } }, gpuConfigProfile: "b" },
      'gpuConfigProfile is "b"; gpu-config-profiles has a',
    ],
    [{ ...PAIR, gpuConfigProfile: "a" }, 'gpuConfigProfile is "a"; gpu-config-profiles has none'],
  ])("%j", (args, sentence) => {
    expect(check(args)).toEqual([sentence]);
  });
});

test("several mistakes have a sentence each", () => {
  expect(check({ ...PAIR, inUse: "kill", timeouts: { set: 0, lock: -1 }, surprise: 1 })).toHaveLength(4);
});

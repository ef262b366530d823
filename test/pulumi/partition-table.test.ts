import { describe, expect, test } from "vitest";

import { AuthenticationError, HostUnreachableError } from "../../provider/errors.ts";
import { createOperation, type Operation } from "../../provider/operations/operation/operation.ts";
import { checkPartition } from "../../provider/operations/partition/check.ts";
import { partitionDiff } from "../../provider/operations/partition/diff.ts";
import { readPartitionState } from "../../provider/operations/state/partition-state.ts";
import { UNKNOWN } from "../../provider/wire/unknowns.ts";
import { createHost, type Host, startProcess } from "../histories/host.ts";
import type { Properties } from "../histories/resource.ts";

const URN = "urn:pulumi:dev::p::pulumi-nodejs:dynamic/amdgpu:GpuPartitionConfig::node";
const IDENTITY = { key: "p/dev/node", urn: URN, keyFormat: 2 };
const GIVEN: Properties = {
  connection: { host: "gpu1" },
  computePartition: "CPX",
  memoryPartition: "NPS1",
  identity: IDENTITY,
};

/** An operation that reaches one host, or fails as the test says. */
const operationOn = (host: Host, failure?: Error): Operation =>
  createOperation({
    hosts: {
      observe: async () => {
        if (failure) throw failure;
        return host.observation();
      },
      open: async (_, known) => ({
        capability: { level: "REAL_PARTITIONING", reason: "a test" },
        partitioner: host.open(startProcess()),
        observation: known ?? host.observation(),
        problems: [],
      }),
    },
    findModel: async () => ({ ok: false, error: "no model", transient: false }),
    log: () => () => undefined,
  });

/** What the engine has in state after the host was brought to what is declared. */
async function settled(host: Host): Promise<Properties> {
  host.drift(0, "CPX");
  const modes = { compute: "SPX", memory: "NPS1" } as const;
  const gpus = host.observation().gpus.map(({ gpu }) => gpu);
  host.writeRecord((record) => ({
    ...record,
    owners: { [IDENTITY.key]: gpus },
    before: Object.fromEntries(gpus.map((gpu) => [gpu, modes])),
  }));
  return (await checkPartition(operationOn(host), {}, GIVEN)).inputs;
}

interface Case {
  readonly title: string;
  /** What happens to a host in sync before the check. @default nothing */
  readonly event?: (host: Host) => void;
  readonly failure?: Error;
  readonly news?: Properties;
  readonly state?: "settled" | "none";
  readonly failures?: readonly string[];
  readonly notes?: readonly string[];
  readonly changes?: boolean;
  readonly computed?: Properties;
}

const drifted = (host: Host): void => host.drift(0, "DPX");
const unreachable = new HostUnreachableError("gpu1", "connection refused");

const CASES: readonly Case[] = [
  {
    title: "a host in sync shows nothing and changes nothing",
    changes: false,
    computed: { status: "Success" },
  },
  {
    title: "a drift shows its plan, which is a new one",
    event: drifted,
    notes: ["plan"],
    changes: true,
    computed: { status: undefined, plan: { revision: 2, reason: expect.stringMatching(/^drift/) } },
  },
  {
    title: "a record that lost the owner is written again",
    event: (host) => host.writeRecord((record) => ({ ...record, owners: {} })),
    notes: ["host-record-repair"],
    changes: true,
  },
  {
    title: "a new resource on an untouched host shows its plan",
    state: "none",
    event: (host) => {
      host.reboot();
      host.writeRecord(() => ({ version: 1, revision: 1, reservations: [], owners: {}, before: {} }));
    },
    notes: ["plan"],
    computed: { plan: { revision: 1 }, observed: { "0000:0c:00.0": "SPX/NPS1" } },
  },
  {
    title: "a preview leaves unknown what only the changed host has",
    event: drifted,
    news: { ...GIVEN, preview: true },
    notes: ["plan"],
    changes: true,
    computed: { status: UNKNOWN, deviceNodes: UNKNOWN },
  },
  {
    title: "a host that does not answer keeps its layout",
    failure: unreachable,
    notes: ["unreachable-keeps-layout"],
    changes: false,
  },
  {
    title: "a host that does not answer plans another layout later",
    failure: unreachable,
    news: { ...GIVEN, computePartition: "DPX" },
    notes: ["unreachable-plans-later"],
    computed: { layout: undefined },
  },
  {
    title: "a preview of a host that does not answer leaves everything unknown",
    state: "none",
    failure: unreachable,
    news: { ...GIVEN, preview: true },
    notes: ["unreachable-plans-later"],
    computed: { layout: UNKNOWN, hostId: UNKNOWN, partitions: UNKNOWN },
  },
  {
    title: "a login that is refused is a failure",
    failure: new AuthenticationError("gpu1", "permission denied"),
    failures: ["host-refused"],
  },
  {
    title: "a mode that does not exist is a failure",
    news: { ...GIVEN, computePartition: "XPX" },
    failures: ["invalid-input"],
  },
  {
    title: "a GPU that the host does not have is a failure",
    news: {
      ...GIVEN,
      computePartition: undefined,
      memoryPartition: undefined,
      profiles: [{ computePartition: "CPX", memoryPartition: "NPS1", gpus: [7] }],
    },
    failures: ["declaration"],
  },
  {
    title: "a GPU that another stack declares is a failure when it would change",
    news: { ...GIVEN, computePartition: "DPX" },
    event: (host) =>
      host.writeRecord((record) => ({ ...record, owners: { "q/prod/node": ["0000:0c:00.0"] } })),
    failures: ["gpu-of-another-owner"],
  },
  {
    title: "a value that is not known yet plans nothing and fails nothing",
    news: { ...GIVEN, computePartition: UNKNOWN },
    computed: { layout: undefined },
  },
];

describe("check of a GpuPartitionConfig", () => {
  test.each(CASES)("$title", async (row) => {
    const host = createHost("host", 1);
    const before = await settled(host);
    row.event?.(host);
    const olds = row.state === "none" ? {} : before;
    const { inputs, failures, notes } = await checkPartition(
      operationOn(host, row.failure),
      olds,
      row.news ?? GIVEN,
    );
    expect(failures.map(({ code }) => code)).toEqual(row.failures ?? []);
    expect(notes.map(({ message }) => message.code)).toEqual(row.notes ?? []);
    const computed = row.computed ?? {};
    const found = Object.fromEntries(Object.keys(computed).map((key) => [key, inputs[key]]));
    expect(found).toMatchObject(computed);
    const diff = partitionDiff(readPartitionState(before), readPartitionState(inputs));
    expect(diff.changes).toBe(row.changes ?? diff.changes);
  });

  test("refuses a second resource under the key of another one", async () => {
    const operation = operationOn(createHost("host", 1));
    await checkPartition(operation, {}, GIVEN);
    const renamed = { ...GIVEN, identity: { ...IDENTITY, urn: `${URN}-2` } };
    const { failures } = await checkPartition(operation, {}, renamed);
    expect(failures).toMatchObject([{ code: "key-conflict", data: { key: "p/dev/node", other: URN } }]);
  });
});

const capability = (level: string, reason: string) => ({ capability: { level, reason } });

describe("diff of a GpuPartitionConfig", () => {
  const state = {
    ...capability("SIMULATION", "simulated"),
    hostId: "h",
    layout: { "0000:0c:00.0": "CPX/NPS1" },
    plan: { reason: "r", gpus: [], steps: [], blastRadius: {}, revision: 1 },
    status: "Success",
    deviceNodes: { renderNodes: {}, groups: [] },
    inUse: "refuse",
  };
  test.each([
    ["nothing new", {}, { changes: false }],
    [
      "another layout",
      { layout: { "0000:0c:00.0": "DPX/NPS1" } },
      { changes: true, replaces: ["layout"], deleteBeforeReplace: true },
    ],
    ["another host", { hostId: "i" }, { changes: true, replaces: ["hostId"], deleteBeforeReplace: true }],
    ["a layout that is not known yet", { layout: UNKNOWN }, { changes: true }],
    ["another option", { inUse: "wait" }, { changes: true }],
    ["another identity", { identity: IDENTITY }, { changes: false }],
    ["another sentence about the capability", capability("SIMULATION", "reworded"), { changes: false }],
    ["another capability", capability("REAL_PARTITIONING", "simulated"), { changes: true }],
    ["a plan of a later revision", { plan: { ...state.plan, revision: 2 } }, { changes: true }],
    ["what a plan leaves open", { status: undefined, deviceNodes: undefined }, { changes: false }],
    ["a refresh that records a drift", { status: undefined }, { changes: true }, { status: "Drifted" }],
    ["a unit that is to be installed", { atBoot: "to be installed" }, { changes: true }],
  ] as readonly [string, object, object, object?][])("%s", (_, changed, expected, recorded = {}) => {
    const before = readPartitionState({ ...state, ...recorded });
    expect(partitionDiff(before, readPartitionState({ ...state, ...changed }))).toEqual(expected);
  });
});

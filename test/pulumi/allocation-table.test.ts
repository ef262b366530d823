import { beforeAll, describe, expect, test } from "vitest";

import { AuthenticationError, HostUnreachableError } from "../../provider/errors.ts";
import { checkAllocation } from "../../provider/operations/allocation/check.ts";
import { allocationDiff } from "../../provider/operations/allocation/diff.ts";
import { createDeclarations } from "../../provider/operations/operation/declarations.ts";
import { checkPartition } from "../../provider/operations/partition/check.ts";
import { readAllocationState } from "../../provider/operations/state/allocation-state.ts";
import { UNKNOWN } from "../../provider/wire/unknowns.ts";
import type { Host } from "../histories/host.ts";
import { identityOf, type Program, type Properties, urnOf } from "../histories/resource.ts";
import { session } from "../histories/session.ts";
import type { World } from "../histories/world.ts";
import { QWEN } from "../support/stack-program.ts";

const PROGRAM: Program = [
  {
    kind: "partition",
    name: "node",
    args: { connection: { host: "h1" }, computePartition: "CPX", memoryPartition: "NPS1" },
  },
  { kind: "allocation", name: "one", args: { ...QWEN }, on: ["node"] },
];
const NODE = identityOf(urnOf("p", "dev", { kind: "partition", name: "node" }));
const ONE = identityOf(urnOf("p", "dev", { kind: "allocation", name: "one" }));

/** A stack that is up: its world, and the state of its two resources. */
interface Settled {
  readonly world: World;
  readonly node: Properties;
  readonly inputs: Properties;
  readonly outputs: Properties;
}

async function settled(): Promise<Settled> {
  const at = session({ h1: 1 });
  await at.up(PROGRAM);
  const [node, one] = at.stack().resources;
  return {
    world: at.world,
    node: node?.outputs ?? {},
    inputs: one?.inputs ?? {},
    outputs: one?.outputs ?? {},
  };
}

interface Case {
  readonly title: string;
  readonly event?: (host: Host, world: World) => void;
  readonly failure?: Error;
  readonly news?: Properties;
  readonly isNew?: true;
  readonly failures?: readonly string[];
  readonly notes?: readonly string[];
  readonly changes?: boolean;
  readonly computed?: Properties;
}

const CASES: readonly Case[] = [
  { title: "a model in its place shows nothing and changes nothing", changes: false },
  {
    title: "a new model shows where it goes",
    isNew: true,
    event: (host) => host.writeRecord((record) => ({ ...record, reservations: [] })),
    notes: ["placed"],
    computed: { partitionIds: ["0000:0c:00.0"], reservationRevision: undefined },
  },
  {
    title: "a reservation that the record lost is written again",
    event: (host) => host.writeRecord((record) => ({ ...record, reservations: [] })),
    changes: true,
    computed: { reservationRevision: 1, partitionIds: ["0000:0c:00.0"] },
  },
  {
    title: "a reservation of other bytes is written again",
    event: (host) =>
      host.writeRecord((record) => ({
        ...record,
        reservations: record.reservations.map((one) => ({
          ...one,
          devices: one.devices.map((claim) => ({ ...claim, bytes: 1 })),
        })),
      })),
    changes: true,
    computed: { reservationRevision: 1 },
  },
  {
    title: "a host that does not answer keeps the placement",
    failure: new HostUnreachableError("h1", "connection refused"),
    notes: ["unreachable-keeps-placement"],
    changes: false,
  },
  {
    title: "a preview of a new model on a host that does not answer leaves its place unknown",
    isNew: true,
    news: { preview: true },
    failure: new HostUnreachableError("h1", "connection refused"),
    notes: ["unreachable-places-later"],
    computed: { hostId: UNKNOWN, env: UNKNOWN, container: UNKNOWN },
  },
  {
    title: "a login that is refused is a failure",
    failure: new AuthenticationError("h1", "permission denied"),
    failures: ["host-refused"],
  },
  {
    title: "a model that does not exist is a failure",
    news: { model: "nobody/nothing" },
    failures: ["model-not-found"],
  },
  {
    title: "a model that fits nowhere is a failure",
    news: { model: "meta-llama/Llama-3.1-70B-Instruct", tensorParallel: 1 },
    failures: ["model-refused"],
  },
  { title: "a negative number is a failure", news: { maxNumSeqs: -1 }, failures: ["invalid-input"] },
  {
    title: "devices that are not known yet place nothing",
    isNew: true,
    news: { gpus: UNKNOWN },
    computed: { hostId: undefined },
  },
];

describe("check of a ModelAllocation", () => {
  test.each(CASES)("$title", async (row) => {
    const { world, node, inputs, outputs } = await settled();
    row.event?.(world.host("h1"), world);
    const operation = world.operation();
    // The configuration is checked before the models on it.
    await checkPartition(operation, node, { ...PROGRAM[0]?.args, identity: NODE });
    const failing = row.failure;
    const seen = failing
      ? { ...operation, hosts: { ...operation.hosts, open: async () => Promise.reject(failing) } }
      : operation;
    const { hostId, layout, partitions, memoryDomains, deviceNodes } = node;
    const news = {
      ...QWEN,
      gpus: [{ hostId, layout, partitions, memoryDomains, deviceNodes }],
      hosts: [{ connection: { host: "h1" }, identity: NODE }],
      identity: ONE,
      ...row.news,
    };
    const checked = await checkAllocation(seen, row.isNew ? {} : inputs, news);
    expect(checked.failures.map(({ code }) => code)).toEqual(row.failures ?? []);
    expect(checked.notes.map(({ message }) => message.code)).toEqual(row.notes ?? []);
    const computed = row.computed ?? {};
    const found = Object.fromEntries(Object.keys(computed).map((key) => [key, checked.inputs[key]]));
    expect(found).toMatchObject(computed);
    const after = readAllocationState(checked.inputs);
    const diff = allocationDiff(createDeclarations(), readAllocationState(outputs), after);
    expect(diff.changes).toBe(row.changes ?? diff.changes);
  });
});

describe("diff of a ModelAllocation", () => {
  let outputs: Properties;
  beforeAll(async () => {
    ({ outputs } = await settled());
  });
  const diff = (changed: Properties, declarations = createDeclarations()) =>
    allocationDiff(
      declarations,
      readAllocationState(outputs),
      readAllocationState({ ...outputs, ...changed }),
    );

  test("compares what a host and its devices are, not what they are called", () => {
    expect(diff({})).toEqual({ changes: false });
    expect(diff({ identity: { ...ONE, urn: "urn:pulumi:dev::p::t::other" } })).toEqual({ changes: false });
    expect(diff({ maxNumSeqs: 8 })).toEqual({ changes: true });
    expect(diff({ container: UNKNOWN })).toEqual({ changes: true });
    expect(diff({ reservationRevision: 1 })).toEqual({ changes: true });
  });

  test("replaces a model that goes to another host, the delete first", () => {
    expect(diff({ hostId: "h2" })).toEqual({
      changes: true,
      replaces: ["hostId"],
      deleteBeforeReplace: true,
    });
  });

  test("drains a model whose configuration has moved away, and none whose configuration is not known yet", () => {
    expect(diff({ gpus: UNKNOWN })).toEqual({ changes: true, replaces: ["gpus"], deleteBeforeReplace: true });
    const declarations = createDeclarations();
    declarations.note(NODE.key, { state: "unknown", access: undefined });
    expect(diff({ gpus: UNKNOWN }, declarations)).toEqual({ changes: false });
  });
});

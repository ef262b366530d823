import { describe, expect, test } from "vitest";

import { checkAllocation } from "../../provider/operations/allocation/check.ts";
import { declarationDigest } from "../../provider/operations/allocation/declaration-digest.ts";
import { allocationArgsSchema } from "../../provider/schema/allocation.ts";
import { fleetSchema } from "../../provider/schema/fleet.ts";
import { sized } from "../support/sized-model.ts";
import { QWEN } from "../support/stack-program.ts";
import type { Declared, Program, Properties } from "./resource.ts";
import { identityOf, urnOf } from "./resource.ts";
import { session, type Session } from "./session.ts";

const GIBI = 2 ** 30;
const NODE: Declared = {
  kind: "partition",
  name: "node",
  args: { connection: { host: "h1" }, computePartition: "SPX", memoryPartition: "NPS1" },
};

type Sizes = Readonly<Record<string, number>>;

const urnOfModel = (name: string): string => urnOf("p", "dev", { kind: "allocation", name });

const argsOf = (name: string, gibibytes: number): Properties => sized(name, gibibytes, { precision: "bf16" });

/** Models of these sizes on the one device, by themselves or as a fleet. */
function program(sizes: Sizes, as: "models" | "fleet"): Program {
  const members = Object.entries(sizes).map(([name, gibibytes]) => ({
    key: identityOf(urnOfModel(name)).key,
    ...argsOf(name, gibibytes),
  }));
  const fleet = as === "fleet" ? { fleet: JSON.stringify({ rebalance: "never", members }) } : {};
  return [
    NODE,
    ...Object.entries(sizes).map(([name, gibibytes]): Declared => ({
      kind: "allocation",
      name,
      args: { ...argsOf(name, gibibytes), ...fleet },
      on: ["node"],
    })),
  ];
}

/** State and record as a release leaves them that estimated one model at less. */
function estimatedAt(at: Session, name: string, gibibytes: number, digest: "told" | "not told"): void {
  const bytes = gibibytes * GIBI;
  const less = (properties: Properties): Properties => ({
    ...properties,
    memory: { ...(properties["memory"] as Properties), perDeviceBytes: bytes },
  });
  at.edit((stack) => ({
    ...stack,
    resources: stack.resources.map((one) =>
      one.urn === urnOfModel(name) ? { ...one, inputs: less(one.inputs), outputs: less(one.outputs) } : one,
    ),
  }));
  const { key } = identityOf(urnOfModel(name));
  at.world.host("h1").writeRecord((record) => ({
    ...record,
    reservations: record.reservations.map((one) => {
      const { declared, ...rest } = one;
      const own = one.key === key ? one.devices.map((device) => ({ ...device, bytes })) : one.devices;
      return { ...rest, devices: own, ...(digest === "told" && declared !== undefined && { declared }) };
    }),
  }));
}

describe.each(["models", "fleet"] as const)("%s on one device of 192 GiB", (as) => {
  describe.each(["told", "not told"] as const)("with the declaration %s by the record", (digest) => {
    test("keep an estimate that a new release makes higher, and leave room by it", async () => {
      const at = session({ h1: 1 });
      await at.up(program({ a: 120, b: 40 }, as));
      estimatedAt(at, "a", 60, digest);
      expect(await at.preview(program({ a: 120, b: 40 }, as))).toEqual([]);
      // 60 that are held, 40 and 60: by today's estimate of the first there would be no room.
      const more = program({ a: 120, b: 40, c: 60 }, as);
      expect(await at.up(more)).toEqual([`create ${urnOfModel("c")}`]);
      expect(await at.preview(more)).toEqual([]);
    });

    test("are estimated again when an argument changes, so that one that shrinks makes room in the same update", async () => {
      const at = session({ h1: 1 });
      await at.up(program({ a: 120, b: 40 }, as));
      estimatedAt(at, "a", 110, digest);
      const changed = program({ a: 30, b: 40, c: 90 }, as);
      expect((await at.up(changed)).toSorted()).toEqual([
        `create ${urnOfModel("c")}`,
        `update ${urnOfModel("a")}`,
      ]);
      expect(await at.preview(changed)).toEqual([]);
    });
  });
});

test("a model that holds less than is estimated now is a warning in each preview, and changes nothing", async () => {
  const at = session({ h1: 1 });
  await at.up(program({ a: 120 }, "models"));
  estimatedAt(at, "a", 60, "told");
  const [node, one] = at.stack().resources;
  if (!node || !one) throw new Error("two resources are up");
  const { hostId, layout, partitions, memoryDomains, deviceNodes } = node.outputs;
  const news = {
    ...argsOf("a", 120),
    gpus: [{ hostId, layout, partitions, memoryDomains, deviceNodes }],
    hosts: [{ connection: { host: "h1" }, identity: identityOf(node.urn) }],
    identity: identityOf(one.urn),
  };
  const checked = await checkAllocation(at.world.operation(), one.inputs, news);
  expect(checked.failures).toEqual([]);
  expect(checked.notes.map(({ message }) => message.code)).toEqual(["estimate-higher"]);
  expect(checked.notes[0]?.message.data).toMatchObject({ held: "60.0 GiB" });
  expect(checked.inputs["memory"]).toEqual(one.inputs["memory"]);
});

describe("the digest of a declaration", () => {
  const given = { ...QWEN, tensorParallel: 2, lora: { maxLoras: 2, maxLoraRank: 16 } };
  const member = () => fleetSchema.parse({ members: [{ key: "p/dev/one", ...given }] }).members[0] ?? {};

  test("is the same for an allocation and for its entry in a fleet", () => {
    const allocation = allocationArgsSchema.parse({
      ...given,
      gpus: [{ hostId: "h", layout: {}, partitions: [], memoryDomains: [] }],
      hosts: [{ connection: { host: "h1" }, identity: identityOf(urnOfModel("node")) }],
      identity: identityOf(urnOfModel("one")),
    });
    expect(declarationDigest(allocation)).toBe(declarationDigest(member()));
  });

  test("does not change with the order of fields, or with one that is not given", () => {
    const turned = Object.fromEntries(Object.entries(member()).toReversed());
    expect(declarationDigest({ ...turned, imagesPerPrompt: undefined, later: 1 })).toBe(
      declarationDigest(member()),
    );
  });

  test.each([{ maxNumSeqs: 17 }, { lora: { maxLoras: 2, maxLoraRank: 32 } }, { model: "Qwen/Qwen2.5-3B" }])(
    "changes with %j",
    (change) => {
      expect(declarationDigest({ ...member(), ...change })).not.toBe(declarationDigest(member()));
    },
  );
});

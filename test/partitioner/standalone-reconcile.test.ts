import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { ArgumentError } from "../../provider/argument-errors.ts";
import { RefusedError } from "../../provider/change-errors.ts";
import { withJournal } from "../../provider/host-record/changes.ts";
import type { DirectHostArgs } from "../../provider/schema/direct.ts";
import type { DirectHost } from "../../provider/standalone/host.ts";
import { openHost } from "../../provider/standalone/lazy.ts";
import { partitionerOf } from "../../provider/standalone/usable.ts";
import { formatModes } from "../../provider/topology/modes.ts";
import { type HostKind, startHost, type TestHost } from "../support/hosts.ts";

const OWNER = { owner: "shop/prod/node" };
const LAYOUT = { computePartition: "CPX", memoryPartition: "NPS4" } as const;

describe.each<HostKind>(["simulation", "ssh"])("reconcile without Pulumi, %s", (kind) => {
  let host: TestHost;
  let direct: DirectHost;
  beforeEach(async () => {
    host = await startHost(kind, { gpus: 2 });
    direct = await openHost(host.args as DirectHostArgs);
  });
  /** As the host itself says; the file of a simulated host is written with the first change. */
  const modes = async (): Promise<readonly string[]> =>
    ((await direct.partitioner?.observe())?.gpus ?? []).map((gpu) =>
      gpu.modes ? formatModes(gpu.modes) : "",
    );
  afterEach(async () => {
    await direct.close();
    await host.stop();
  });

  test("changes the modes, lists the owner, leaves no journal, and has nothing to do the second time", async () => {
    const lines: string[] = [];
    const done = await direct.reconcile(LAYOUT, { ...OWNER, onProgress: (line) => lines.push(line) });
    expect(host.modes()).toEqual(["CPX/NPS4", "CPX/NPS4"]);
    expect(done.plan.gpus).toHaveLength(2);
    expect(lines).toContain("verifying");
    const { owners, journal } = host.record() ?? {};
    expect([Object.keys(owners ?? {}), journal]).toEqual([["shop/prod/node"], undefined]);
    const changes = host.changesMade();
    expect((await direct.reconcile(LAYOUT, OWNER)).plan.steps).toEqual([]);
    expect(host.changesMade()).toBe(changes);
  });

  test("refuses GPUs of another owner and changes nothing", async () => {
    await direct.reconcile(LAYOUT, OWNER);
    const changes = host.changesMade();
    const refused = direct.reconcile(
      { computePartition: "SPX", memoryPartition: "NPS1" },
      { owner: "shop/test/other" },
    );
    await expect(refused).rejects.toBeInstanceOf(RefusedError);
    await expect(refused).rejects.toMatchObject({
      reasons: expect.arrayContaining([expect.objectContaining({ code: "gpu-of-another-owner" })]) as unknown,
    });
    expect(host.changesMade()).toBe(changes);
  });

  test("stops before the first step when the caller has cancelled", async () => {
    const signal = AbortSignal.abort(new Error("the window is over"));
    await expect(direct.reconcile(LAYOUT, { ...OWNER, signal })).rejects.toMatchObject({ code: "given-up" });
    expect(await modes()).toEqual(["SPX/NPS1", "SPX/NPS1"]);
  });

  test.each([
    ["an owner without a stack", LAYOUT, { owner: "node" }, /^owner must be "project\/stack\/name"/],
    [
      "a mode that does not exist",
      { ...LAYOUT, computePartition: "XPX" },
      OWNER,
      /^computePartition must be/,
    ],
    [
      "the way to the host",
      { ...LAYOUT, connection: { host: "x" } },
      OWNER,
      /^connection is an argument of openHost/,
    ],
    [
      "what a resource has",
      { ...LAYOUT, persist: true },
      OWNER,
      /^persist is an argument of a GpuPartitionConfig only/,
    ],
    [
      "a GPU that is not there",
      { profiles: [{ ...LAYOUT, gpus: [7] }] },
      OWNER,
      /^profiles\[0\]\.gpus\[0\] /,
    ],
  ])("refuses %s with the path of the field", async (_, declaration, options, sentence) => {
    const refused = direct.reconcile(declaration as typeof LAYOUT, options);
    await expect(refused).rejects.toBeInstanceOf(ArgumentError);
    await expect(refused).rejects.toThrow(sentence);
    expect(await modes()).toEqual(["SPX/NPS1", "SPX/NPS1"]);
  });
});

test("reconcile without Pulumi loads the driver that its own killed change has unloaded, and no other owner does", async () => {
  const host = await startHost("ssh", { gpus: 2 });
  const args = host.args as DirectHostArgs;
  const journal = {
    key: OWNER.owner,
    bootId: "b",
    step: 1,
    steps: ["reload"],
    ...modesOfChange(["0000:0c:00.0", "0000:22:00.0"]),
  };
  try {
    const killed = await openHost(args);
    await partitionerOf(killed).record.update((now) => withJournal(now, journal));
    await killed.close();
    await host.node?.change((state) => ({ ...state, driver: "unloaded" }));
    const other = await openHost(args);
    await expect(other.reconcile(LAYOUT, { owner: "shop/test/other" })).rejects.toMatchObject({
      code: "host-unusable",
    });
    await other.close();
    const direct = await openHost(args);
    expect(direct.partitioner).toBeUndefined();
    await direct.reconcile(LAYOUT, OWNER);
    await direct.close();
    expect(host.modes()).toEqual(["CPX/NPS4", "CPX/NPS4"]);
    expect(host.record()).toMatchObject({ owners: { [OWNER.owner]: Object.keys(journal.before) } });
    expect(host.record()?.journal).toBeUndefined();
  } finally {
    await host.stop();
  }
});

const modesOfChange = (gpus: readonly string[]) => ({
  before: Object.fromEntries(gpus.map((gpu) => [gpu, { compute: "SPX" as const, memory: "NPS1" as const }])),
  desired: Object.fromEntries(gpus.map((gpu) => [gpu, { compute: "CPX" as const, memory: "NPS4" as const }])),
});

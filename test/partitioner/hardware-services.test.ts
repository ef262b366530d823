import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";

import { RefusedError, ChangeFailedError } from "../../provider/change-errors.ts";
import { EMPTY_RECORD, formatHostRecord } from "../../provider/host-record/record.ts";
import { reconcile } from "../../provider/partitioner/change/reconcile.ts";
import type { Partitioner } from "../../provider/partitioner/partitioner.ts";
import { failureOf } from "../remote/connection-to.ts";
import { type HardwareHost, hardwareHost } from "./hardware-host.ts";
import { requestFor } from "./host-under-test.ts";
import { declareAll } from "./host.ts";

const SERVICES = [
  { name: "gpuagent", active: true, gpu: 0 },
  { name: "amd-metrics-exporter", active: false, gpu: 1 },
  { name: "node-problem-detector", active: true },
] as const;

/** In this order, and one that the host does not have. */
const LISTED = { services: ["amd-metrics-exporter", "gpuagent", "node-problem-detector", "gone"] };

describe("services that are listed are stopped for a change, and exactly those that ran are started after it", () => {
  let host: HardwareHost;
  let partitioner: Partitioner;
  beforeAll(async () => {
    host = await hardwareHost({ user: "ops" });
  });
  beforeEach(async () => {
    await host.reset();
    await host.set({ services: SERVICES });
    partitioner = await host.open();
  });
  afterAll(() => host.stop());

  const active = (): readonly string[] =>
    host.node
      .state()
      .services.filter((service) => service.active)
      .map((service) => service.name);

  const systemctl = (): readonly string[] =>
    host.node
      .commands()
      .filter((one) => one.tool === "systemctl" && one.argv[0] !== "is-active")
      .map((one) => one.argv.join(" "));

  const STOPPED_AND_STARTED = [
    "stop gpuagent",
    "stop node-problem-detector",
    "start node-problem-detector",
    "start gpuagent",
  ];

  test("in reverse order", async () => {
    await reconcile(partitioner, requestFor({ 0: "CPX/NPS1" }, { policy: LISTED }));
    expect(host.modes()).toBe("CPX/NPS1 SPX/NPS1");
    expect(systemctl()).toEqual(STOPPED_AND_STARTED);
    expect(active()).toEqual(["gpuagent", "node-problem-detector"]);
    expect(host.record()).not.toHaveProperty("journal");
  });

  test("also after a change that failed", async () => {
    await host.set({ faults: [{ on: "set-compute", does: "AMDSMI_STATUS_BUSY" }] });
    const failure = await failureOf(
      reconcile(partitioner, requestFor({ 0: "CPX/NPS1" }, { policy: LISTED })),
    );
    expect(failure).toMatchObject({ name: "ChangeFailedError", rolledBack: true });
    expect(systemctl()).toEqual(STOPPED_AND_STARTED);
  });

  test("also when another process uses a GPU, and nothing was changed", async () => {
    await host.node.holdGpus([{ name: "python3", gpu: 0 }]);
    const failure = await failureOf(
      reconcile(partitioner, requestFor({ 0: "CPX/NPS1" }, { policy: LISTED })),
    );
    expect(failure).toBeInstanceOf(RefusedError);
    expect(failure.message).not.toContain("gpuagent");
    expect(systemctl()).toEqual(STOPPED_AND_STARTED);
  });

  test("only if there is something to change", async () => {
    await reconcile(partitioner, requestFor(declareAll("SPX/NPS1", 2), { policy: LISTED }));
    expect(systemctl()).toEqual([]);
  });

  test.each(["CPX/NPS1", "SPX/NPS1"])(
    "by the next run, when this one died in between: %s",
    async (wanted) => {
      const journal = {
        key: "project/dev/node1",
        bootId: "b",
        before: {},
        desired: {},
        step: 0,
        steps: ["set compute mode CPX on 1 GPU"],
        servicesStopped: ["gpuagent"],
      };
      await host.set({ services: SERVICES.map((service) => ({ ...service, active: false })) });
      host.node.writeFile(
        "/var/lib/pulumi-amd-gpu/host.json",
        formatHostRecord({ ...EMPTY_RECORD, journal }),
      );
      await reconcile(await host.open(), requestFor({ 0: wanted }));
      expect(host.modes()).toBe(`${wanted} SPX/NPS1`);
      expect(active()).toEqual(["gpuagent"]);
      expect(host.record()).not.toHaveProperty("journal");
    },
  );

  test("and one that does not start is named, stays in the journal, and is started by the next run", async () => {
    const failure = await failureOf(
      reconcile(
        partitioner,
        requestFor(
          { 0: "CPX/NPS1" },
          {
            policy: LISTED,
            progress: (line) => {
              if (line === "verifying") void host.set({ services: [] });
            },
          },
        ),
      ),
    );
    expect(failure).toBeInstanceOf(ChangeFailedError);
    expect(failure.message).toMatch(/systemctl start gpuagent failed: .* The modes match the plan\./);
    expect(host.record()?.journal?.servicesStopped).toEqual(["gpuagent", "node-problem-detector"]);
    await host.set({ services: SERVICES.map((service) => ({ ...service, active: false })) });
    await reconcile(await host.open(), requestFor({ 0: "CPX/NPS1" }));
    expect(active()).toEqual(["gpuagent", "node-problem-detector"]);
    expect(host.record()).not.toHaveProperty("journal");
  });
});

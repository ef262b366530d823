import { afterEach, describe, expect, test } from "vitest";

import { reconcile } from "../../provider/partitioner/change/reconcile.ts";
import { isChange } from "../support/fake-node/command-log.ts";
import { ROCM_VERSIONS } from "../support/fake-node/versions.ts";
import { type HardwareHost, hardwareHost } from "./hardware-host.ts";
import { requestFor } from "./host-under-test.ts";

describe.each(ROCM_VERSIONS)("a full change of a host with ROCm %s", (rocm) => {
  let host: HardwareHost | undefined;
  afterEach(() => host?.stop());

  test("takes one amd-smi call for the memory mode and one for each compute mode, one load of the driver, one connection", async () => {
    host = await hardwareHost({ rocm, gpus: 4 });
    const partitioner = await host.open();
    host.node.resetCounts();
    host.node.clearCommands();
    const wanted = { 0: "CPX/NPS4", 1: "QPX/NPS4", 2: "QPX/NPS4", 3: "CPX/NPS4" };
    const lines: string[] = [];
    await reconcile(partitioner, requestFor(wanted, { progress: (line) => lines.push(line) }));
    expect(host.modes()).toBe("CPX/NPS4 QPX/NPS4 QPX/NPS4 CPX/NPS4");

    const changes = host.node.commands().filter(isChange);
    const sets = changes.filter((one) => one.tool === "amd-smi").map((one) => one.argv.join(" "));
    // The driver comes up in CPX by itself.
    expect(sets).toEqual([
      "set -g 0000:0c:00.0 -M NPS4 --json",
      "set -g 0000:22:00.0 0000:38:00.0 -C QPX --json",
    ]);
    const loads = changes.filter((one) => one.tool === "modprobe").map((one) => one.argv.join(" "));
    // Up to 6.4 amd-smi itself reloads it.
    expect(loads).toEqual(rocm.startsWith("6.") ? [] : ["-r amdgpu", "amdgpu"]);
    expect(host.node.state().loads).toBe(1);
    expect(host.node.counts().connections).toBe(0);

    await reconcile(
      await host.open(),
      requestFor({ 0: "SPX/NPS1", 1: "SPX/NPS1", 2: "DPX/NPS1", 3: "SPX/NPS1" }),
    );
    expect(host.modes()).toBe("SPX/NPS1 SPX/NPS1 DPX/NPS1 SPX/NPS1");
    expect(host.node.state().loads).toBe(2);
  });
});

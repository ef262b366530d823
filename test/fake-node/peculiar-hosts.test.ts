import { describe, expect, it } from "vitest";

import type { FakeNode } from "../support/fake-node/start.ts";
import { BOTH_MODES, KFD_GPUS, start, startFleet } from "./running.ts";
import { logIn } from "./ssh-client.ts";

describe("a host with a peculiarity", () => {
  it.each(["opt", "absent"] as const)("has amd-smi %s", async (amdSmi) => {
    const node = await start({ amdSmi });
    const { stdout } = await logIn(
      node,
      "root",
      "command -v amd-smi; command -v /opt/rocm/bin/amd-smi; true",
    );
    expect(stdout).toBe(amdSmi === "opt" ? "/opt/rocm/bin/amd-smi\n" : "");
  });

  it.each([
    ["guest", 1, 1],
    ["bare-metal", 0, 0],
  ] as const)("is a %s", async (platform, hypervisor, missing) => {
    const node = await start({ platform });
    const { stdout } = await logIn(
      node,
      "root",
      "grep -m1 -c '^flags.* hypervisor' /proc/cpuinfo; test -e /sys/class/drm/card1/device/current_compute_partition; echo $?",
    );
    expect(stdout).toBe(`${hypervisor}\n${missing}\n`);
  });

  it("has no AMD GPU and no driver", async () => {
    const node = await start({ gpus: 0, driver: "unloaded", amdSmi: "absent" });
    const { stdout } = await logIn(
      node,
      "root",
      "ls /sys/class /sys/class/drm /dev/dri; ls /dev/kfd 2>/dev/null",
    );
    expect(stdout).toBe("/dev/dri:\ncard0\n\n/sys/class:\ndrm\n\n/sys/class/drm:\ncard0\ncard0-VGA-1\n");
  });

  it("lacks a device node that the kernel has", async () => {
    const node = await start({ compute: "CPX", missingRenderNodes: [130] });
    const { stdout } = await logIn(
      node,
      "root",
      "ls /dev/dri | grep -c renderD; amd-smi list -e --json | grep -c renderD130",
    );
    expect(stdout).toBe("7\n1\n");
  });

  it("needs two observations until its GPUs are back", async () => {
    const node = await start({ gpus: 2, slowStart: { reads: 2 } });
    const look = "amd-smi list --json 2>/dev/null | grep -c bdf";
    const { stdout } = await logIn(
      node,
      "root",
      `modprobe -r amdgpu; modprobe amdgpu; ${KFD_GPUS}; ${look}; ${look}; ${look}`,
    );
    expect(stdout).toBe("0\n0\n0\n2\n");
  });

  it("needs a moment until its GPUs are back", async () => {
    const node = await start({ gpus: 2, slowStart: { seconds: 0.3, gpusMeanwhile: 1 } });
    const look = "amd-smi list --json 2>/dev/null | grep -c bdf";
    const wait = `n=0; until [ $(${look}) = 2 ] || [ $n = 100 ]; do sleep 0.1; n=$((n+1)); done; echo done`;
    const { stdout } = await logIn(
      node,
      "root",
      `modprobe -r amdgpu; modprobe amdgpu; ${look}; ${wait}; ${KFD_GPUS}`,
    );
    expect(stdout).toBe("1\ndone\n2\n");
  });

  it("hangs, and goes on working after the connection broke", async () => {
    const node = await start({ faults: [{ on: "set-compute", does: "hang", times: 1 }] });
    const hanging = logIn(node, "root", "amd-smi set -g 0 -C CPX --json");
    while (node.state().faults.length > 0) await new Promise((resolve) => setTimeout(resolve, 20));
    node.signalConnections("SIGKILL");
    expect((await hanging).code).toBe(255);
    expect((await logIn(node, "root", "amd-smi set -g 0 -C CPX --json")).stdout).toContain("Successfully");
  });
});

describe("a fleet", () => {
  it("has hosts that are each their own", async () => {
    const nodes = await startFleet(3, { gpus: 1 });
    const distinct = (of: (node: FakeNode) => string | undefined): number => new Set(nodes.map(of)).size;
    expect(nodes.map((node) => node.host)).toEqual(["127.0.0.1", "127.0.0.2", "127.0.0.3"]);
    expect(distinct((node) => node.readFile("/etc/machine-id"))).toBe(3);
    expect(distinct((node) => node.state().gpus[0]?.serial)).toBe(3);
    expect(distinct((node) => node.state().bootId)).toBe(3);
    await nodes[0]?.change((state) => ({ ...state, memory: "NPS4" }));
    const answers = await Promise.all(nodes.map((node) => logIn(node, "root", BOTH_MODES)));
    expect(answers.map(({ stdout }) => stdout)).toEqual(["SPX\nNPS4\n", "SPX\nNPS1\n", "SPX\nNPS1\n"]);
  });
});

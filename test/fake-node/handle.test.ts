import { describe, expect, it } from "vitest";

import { BOTH_MODES, KFD_GPUS, start } from "./running.ts";
import { logIn } from "./ssh-client.ts";

describe("the view from outside", () => {
  it("changes the host behind everybody's back", async () => {
    const node = await start({ gpus: 2 });
    await node.change((state) => ({ ...state, gpus: state.gpus.map((gpu) => ({ ...gpu, compute: "DPX" })) }));
    const { stdout } = await logIn(
      node,
      "root",
      `${BOTH_MODES}; ${KFD_GPUS}; amd-smi list --json | grep -c bdf`,
    );
    expect(stdout).toBe("DPX\nNPS1\n4\n4\n");
  });

  it("reads and writes files of the host, which are its own", async () => {
    const node = await start();
    expect(node.readFile("/var/lib/pulumi-amd-gpu/host.json")).toBeUndefined();
    node.writeFile("/var/lib/pulumi-amd-gpu/host.json", "{}\n");
    expect((await logIn(node, "root", "cat /var/lib/pulumi-amd-gpu/host.json")).stdout).toBe("{}\n");
    node.removeFile("/var/lib/pulumi-amd-gpu");
    expect((await logIn(node, "root", "ls /var/lib")).stdout).toBe("");
  });

  it("runs real processes on a GPU: KFD lists them, modes are refused until they are gone", async () => {
    const node = await start({ gpus: 2, processes: [{ name: "python3", gpu: 1 }] });
    const gpuProcesses =
      "for p in /sys/class/kfd/kfd/proc/*; do [ -d $p ] || continue; cat /proc/${p##*/}/comm; ls $p | grep -c vram_; done 2>/dev/null";
    expect((await logIn(node, "root", gpuProcesses)).stdout).toBe("python3\n1\n");
    const refused = await logIn(
      node,
      "root",
      "amd-smi set -g 1 -C CPX --json; modprobe -r amdgpu; amd-smi process --json",
    );
    expect(refused.stderr).toContain("AMDSMI_STATUS_BUSY");
    expect(refused.stderr).toContain("modprobe: FATAL: Module amdgpu is in use.");
    expect(refused.stdout).toContain('"name": "python3"');
    await node.releaseGpus(node.state().processes.map(({ pid }) => pid));
    expect((await logIn(node, "root", gpuProcesses)).stdout).toBe("");
    expect((await logIn(node, "root", "amd-smi set -g 1 -C CPX --json; ls /proc/*/exe | wc -l")).code).toBe(
      0,
    );
    const [pid] = await node.holdGpus([{ name: "vllm", gpu: 0 }]);
    expect((await logIn(node, "root", `cat /proc/${pid}/comm`)).stdout).toBe("vllm\n");
  });

  it("stops and starts services, with their processes", async () => {
    const node = await start({ services: [{ name: "gpuagent", active: true, gpu: 0 }] });
    const { stdout } = await logIn(
      node,
      "root",
      `systemctl is-active gpuagent
      systemctl stop gpuagent; systemctl is-active gpuagent; ls /sys/class/kfd/kfd/proc | wc -l
      systemctl start gpuagent; cat /proc/$(ls /sys/class/kfd/kfd/proc)/comm`,
    );
    expect(stdout).toBe("active\ninactive\n0\ngpuagent\n");
  });

  it("reboots it, and starts what is enabled", async () => {
    const services = [
      { name: "gpuagent", active: true, gpu: 0 },
      { name: "exporter", active: true, enabled: false },
    ];
    const node = await start({ compute: "CPX", memory: "NPS4", services });
    const { bootId: boot, processes } = node.state();
    await node.reboot();
    expect(node.state().services.map((service) => service.active)).toEqual([true, false]);
    expect(node.state().processes).toMatchObject([{ name: "gpuagent" }]);
    expect(node.state().processes[0]?.pid).not.toBe(processes[0]?.pid);
    const { stdout } = await logIn(node, "root", `${BOTH_MODES}; cat /proc/sys/kernel/random/boot_id`);
    expect(stdout).toBe(`SPX\nNPS1\n${node.state().bootId}\n`);
    expect(node.state().bootId).not.toBe(boot);
  });

  it("makes single files disagree", async () => {
    const path = "/sys/class/drm/card1/device/current_compute_partition";
    const node = await start({ overrides: { files: { [path]: "CPX\n" }, outputs: {} } });
    expect((await logIn(node, "root", BOTH_MODES)).stdout).toBe("CPX\nNPS1\n");
    await node.change((state) => ({ ...state, overrides: { files: { [path]: null }, outputs: {} } }));
    expect((await logIn(node, "root", `test -e ${path}`)).code).toBe(1);
  });
});

import { describe, expect, test } from "vitest";

import { describeGroup, processGroupOf } from "../../../provider/detection/parse/process-group.ts";

const ID = "1f2e3d4c5b6a7988".repeat(4);
const POD = "6b5c1a0e-3f0d-4c52-9d8e-0a1b2c3d4e5f";
const SLICE = POD.replaceAll("-", "_");

describe("what a process belongs to, by its cgroup", () => {
  test.each([
    ["/system.slice/vllm.service", "in vllm.service"],
    ["/system.slice/vllm.service/payload", "in vllm.service"],
    ["/user.slice/user-1000.slice/session-5.scope", "in session-5.scope"],
    ["/user.slice/user-1000.slice/user@1000.service/app.slice/jupyter.service", "in jupyter.service"],
    [`/system.slice/docker-${ID}.scope`, "in docker container 1f2e3d4c5b6a"],
    [`/docker/${ID}`, "in docker container 1f2e3d4c5b6a"],
    [`/machine.slice/libpod-${ID}.scope`, "in podman container 1f2e3d4c5b6a"],
    [
      `/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-${ID}.scope/container`,
      "in podman container 1f2e3d4c5b6a",
    ],
    [`/system.slice/nerdctl-${ID}.scope`, "in nerdctl container 1f2e3d4c5b6a"],
    [`/default/${ID}`, "in container 1f2e3d4c5b6a"],
    [
      `/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod${SLICE}.slice/cri-containerd-${ID}.scope`,
      `in container 1f2e3d4c5b6a of pod ${POD}`,
    ],
    [`/kubepods/besteffort/pod${POD}/${ID}`, `in container 1f2e3d4c5b6a of pod ${POD}`],
    [
      `/kubepods.slice/kubepods-pod${SLICE}.slice/crio-${ID}.scope/container`,
      `in container 1f2e3d4c5b6a of pod ${POD}`,
    ],
    ["/system.slice/slurmstepd.scope/job_4711/step_0/user/task_0", "in Slurm job 4711"],
    ["/slurm/uid_1000/job_4711/step_batch", "in Slurm job 4711"],
  ])("%s: %s", (path, words) => {
    const group = processGroupOf([path]);
    expect(group && describeGroup(group)).toBe(words);
  });

  test("the most telling of several hierarchies counts, and the root tells nothing", () => {
    const paths = ["/", "/system.slice/containerd.service", `/docker/${ID}`];
    expect(processGroupOf(paths)).toEqual({ kind: "container", id: ID.slice(0, 12), runtime: "docker" });
    expect(processGroupOf(["/", "/init", "/user.slice"])).toBeUndefined();
    expect(processGroupOf([])).toBeUndefined();
  });
});

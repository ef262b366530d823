import { expect, test } from "vitest";

import { parseDrmNodes } from "../../../provider/detection/parse/drm-nodes.ts";
import { type ProcessSources, parseGpuProcesses } from "../../../provider/detection/parse/gpu-processes.ts";
import { parseKfdNodes } from "../../../provider/detection/parse/kfd.ts";
import { ONE_MI300X } from "../probe-output.ts";

const GPU = "0000:0c:00.0";
const SECOND = "0000:22:00.0";

const gpuProcesses = (sources: Partial<ProcessSources>) =>
  parseGpuProcesses({
    listed: "",
    openers: "",
    opened: "",
    users: "root:x:0:0:root:/root:/bin/sh\nops:x:1000:1000::/home/ops:/bin/sh\n",
    vram: "",
    nodes: parseKfdNodes(ONE_MI300X["nodes"] ?? ""),
    drm: parseDrmNodes(
      `0000:03:00.0/drm/card0 ${GPU}/drm/card1 ${GPU}/drm/renderD128 ${SECOND}/drm/card2 ${SECOND}/drm/renderD129`,
    ),
    amd: new Set([GPU, SECOND]),
    ...sources,
  });

test("a process that KFD lists and that has open files is one entry", () => {
  const [process, ...more] = gpuProcesses({
    listed: "7\t1000\t 47640\t /system.slice/vllm.service\tpython3\n",
    openers: "7\t1000\t\t /system.slice/vllm.service\tpython3\n",
    opened:
      "/proc/7/fd/3 /dev/kfd\n/proc/7/fd/4 /dev/dri/renderD129\n/proc/7/fd/3 1ff:0\n/proc/7/fd/4 e2:81\n",
  });
  expect(more).toEqual([]);
  expect(process).toEqual({
    pid: 7,
    name: "python3",
    user: "ops",
    group: { kind: "unit", name: "vllm.service" },
    gpus: [GPU, SECOND],
    kfd: true,
    files: ["/dev/kfd", "/dev/dri/renderD129"],
  });
});

test("the number of a device counts, not the name that a container gave it", () => {
  const [process] = gpuProcesses({
    openers: "8\t0\t\t /\tpython3 -m x\n",
    opened: "/proc/8/fd/3 /dev/dri/renderD128\n/proc/8/fd/3 e2:81\n",
  });
  expect(process).toMatchObject({ name: "python3 -m x", gpus: [SECOND], files: ["/dev/dri/renderD129"] });
});

test("a display of another vendor is no GPU, and a file that is deleted still holds the driver", () => {
  const found = gpuProcesses({
    openers: "8\t0\t\t\tXorg\n9\t77\t\t\tleft\n",
    opened: "/proc/8/fd/3 /dev/dri/card0\n/proc/8/fd/3 e2:0\n/proc/9/fd/5 /dev/kfd (deleted)\n",
  });
  expect(found).toEqual([{ pid: 9, name: "left", user: "77", gpus: [], kfd: true, files: ["/dev/kfd"] }]);
});

test("names the user of a process that ended during the observation by its number", () => {
  expect(gpuProcesses({ listed: "7\t\t 47640\t\t\n" })).toEqual([
    { pid: 7, name: "unknown", gpus: [GPU], kfd: true },
  ]);
});

test("a process that KFD lists has /dev/kfd open, also where its open files do not show it", () => {
  const [listed, exporter] = gpuProcesses({
    listed: "7\t0\t 47640\t\tpython3\n",
    openers: "8\t0\t\t\texporter\n",
    opened: "/proc/7/fd/4 /dev/dri/renderD128\n/proc/8/fd/4 /dev/dri/renderD128\n",
  });
  expect(listed).toMatchObject({ kfd: true, files: ["/dev/dri/renderD128"] });
  expect(exporter).not.toHaveProperty("kfd");
});

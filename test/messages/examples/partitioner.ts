import type { GpuProcess } from "../../../provider/detection/observation.ts";
import type { changeMessages } from "../../../provider/partitioner/change/messages.ts";
import type { planMessages } from "../../../provider/partitioner/plan/messages.ts";
import type { refuseMessages } from "../../../provider/partitioner/refuse/messages.ts";
import { DEVICE, type ExamplesOf, GPU, KEY, MODEL, MODEL_KEY, OTHER_GPU } from "./examples.ts";

const VLLM: GpuProcess = {
  pid: 4711,
  name: "python3",
  user: "ops",
  gpus: [GPU],
  group: { kind: "unit", name: "vllm.service" },
  files: ["/dev/kfd", "/dev/dri/renderD128", "/dev/dri/renderD129", "/dev/dri/renderD130"],
};
const POD: GpuProcess = {
  pid: 4712,
  name: "rocm-smi",
  gpus: [GPU, OTHER_GPU, "0000:38:00.0", "0000:5c:00.0"],
  group: { kind: "pod", uid: "9e5ab1f0-5a1c-4a52-9c5b-3f6f0c1d2e3f", container: undefined },
};
const MANY: readonly GpuProcess[] = Array.from({ length: 7 }, (_, number) => ({
  pid: 100 + number,
  name: "worker",
  gpus: [],
}));
const one = [VLLM];

export const change: ExamplesOf<typeof changeMessages> = {
  "plan-outdated": [
    [{ planned: [`${GPU} SPX/NPS1 -> CPX/NPS1`], needed: [] }],
    [
      {
        planned: [`${GPU} SPX/NPS1 -> CPX/NPS1`],
        needed: ["1", "2", "3", "4", "5"].map((digit) => `0000:${digit}c:00.0 DPX/NPS1 -> CPX/NPS1`),
      },
    ],
  ],
};

export const plan: ExamplesOf<typeof planMessages> = {
  "gpus-missing-counted": [[{ gpus: [GPU] }], [{ gpus: [GPU, OTHER_GPU] }]],
  "gpu-missing-named": [[{ gpu: GPU }]],
  "gpus-missing-left-out": [[{ gpus: [GPU], left: 7 }], [{ gpus: [GPU, OTHER_GPU], left: 6 }]],
  "declared-gpus-missing": [[{ gpus: [GPU] }], [{ gpus: [GPU, OTHER_GPU] }]],
  "gpus-missing-reason": [[{ gpus: [GPU] }], [{ gpus: [GPU, OTHER_GPU] }]],
};

export const refuse: ExamplesOf<typeof refuseMessages> = {
  "gpus-in-use": [
    [{ processes: one }],
    [{ processes: [VLLM, POD], because: "idle-host" }],
    [{ processes: MANY, because: "unsaid" }],
  ],
  "gpus-in-use-stopped": [[{ processes: one }]],
  "gpus-in-use-waits": [
    [{ processes: one, waitMs: 60_000, services: [] }],
    [{ processes: [VLLM, POD], waitMs: 60_000, services: ["vllm.service"] }],
  ],
  "gpus-in-use-refuses": [
    [{ processes: one, services: [] }],
    [{ processes: [VLLM, POD], services: ["vllm.service"] }],
  ],
  "open-files-unread": [[]],
  "compute-switch-unknown": [
    [{ driver: "6.12.12", kernel: undefined }],
    [{ driver: undefined, kernel: "6.8.0" }],
  ],
  "console-goes-dark": [[{ console: "fb0" }]],
  "staged-mode-replaced": [[]],
  "staged-mode-waits": [[]],
  "staged-by-others": [[]],
  "too-few-drm-devices": [
    [{ gpu: GPU, desired: "CPX/NPS1", needed: 8, present: 7, all: 64, others: [] }],
    [{ gpu: GPU, desired: "CPX/NPS1", needed: 8, present: 7, all: 63, others: ["ast (card0)"] }],
    [
      {
        gpu: GPU,
        desired: "CPX/NPS1",
        needed: 8,
        present: 6,
        all: 62,
        others: ["ast (card0)", "vgem (card1)"],
      },
    ],
  ],
  "mode-unknown-to-amd-smi": [[{ mode: "TPX", gpus: [OTHER_GPU], first: GPU, accelerator: "MI300X" }]],
  "driver-built-in": [[]],
  "driver-used-by-modules": [[{ modules: ["peer_a"] }], [{ modules: ["peer_a", "peer_b"] }]],
  "modprobe-missing": [[]],
  "driver-reload-forbidden": [[]],
  "model-in-the-way": [
    [{ key: MODEL_KEY, model: MODEL, deviceIds: [DEVICE] }],
    [{ key: MODEL_KEY, model: MODEL, deviceIds: [DEVICE, "0000:0c:00.4"] }],
  ],
  "gpu-of-another-owner": [
    [{ key: KEY, gpu: GPU, driverReload: false }],
    [{ key: KEY, gpu: GPU, driverReload: true, formerStack: "prod" }],
  ],
  "unfinished-change-of-another": [[{ key: KEY }]],
  "change-of-another-under-way": [[{ key: KEY }]],
  "unfinished-change": [
    [{ key: KEY, step: "reload the amdgpu driver (8 GPUs)", number: 2, steps: 3, rebooted: false }],
    [{ key: KEY, step: "verification", number: 3, steps: 3, rebooted: true }],
  ],
  "modes-unchangeable": [[{ reason: "this is an SR-IOV guest" }]],
  "gpus-absent": [[{ gpus: [GPU, OTHER_GPU] }]],
};

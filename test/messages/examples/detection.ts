import type { detectionMessages } from "../../../provider/detection/messages.ts";
import { type ExamplesOf, GPU, OTHER_GPU } from "./examples.ts";

const SMI = "/opt/rocm-6.4.2/bin/amd-smi";
const weak = { path: SMI, part: "/opt/rocm-6.4.2" };
const MANY = Array.from({ length: 10 }, (_, number) => `0000:${number}c:00.0`);

export const detection: ExamplesOf<typeof detectionMessages> = {
  "driver-not-loaded": [[{ gpus: [GPU, OTHER_GPU] }]],
  "gpus-not-started": [
    [{ gpus: [GPU], line: undefined }],
    [{ gpus: MANY, line: "amdgpu 0000:0c:00.0: amdgpu: Fatal error during GPU init" }],
  ],
  "gpus-with-other-driver": [
    [{ gpus: [GPU], driver: "vfio-pci" }],
    [{ gpus: [GPU, OTHER_GPU], driver: "gim" }],
    [{ gpus: [GPU], driver: "other" }],
  ],
  "gpus-not-shown": [[{ gpus: [GPU] }], [{ gpus: [GPU, OTHER_GPU] }]],
  "no-gpu": [[]],
  "no-partition-modes": [[{ count: 8, accelerators: ["AMD Instinct MI210"] }]],
  "driver-offers-no-modes": [[{ accelerators: ["MI300X"], driver: "6.8.5" }]],
  guest: [[]],
  "owned-by-config-manager": [[{ pod: "device-config-manager-x7k2p" }]],
  "amd-smi-absent": [[]],
  "amd-smi-path-wrong": [[{ path: "/usr/bin/amd-smi" }]],
  "amd-smi-untrusted": [[weak]],
  "amd-smi-skipped": [[weak]],
  "amd-smi-others": [
    [{ used: SMI, others: ["/usr/bin/amd-smi"] }],
    [{ used: SMI, others: ["/usr/bin/amd-smi", "/opt/rocm-6.2.0/bin/amd-smi"] }],
  ],
  "amd-smi-failing": [[{ reason: "amd-smi printed nothing" }]],
  "amd-smi-too-old": [[{ version: "23.1.0" }]],
  "record-unreadable": [[{ path: "/var/lib/pulumi-amd-gpu/host.json" }]],
  "sudo-refuses": [[{ said: "sudo: a password is required" }]],
  "sudo-without-exec": [[{ said: "timeout: failed to run command ‘amd-smi’: Permission denied" }]],
  "sudo-broken": [[{ said: "sudo: /etc/sudoers is owned by uid 1000, should be 0" }]],
  "no-right": [[]],
};

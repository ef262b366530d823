import type { diagnosisMessages } from "../../../provider/standalone/diagnosis/messages.ts";
import { DEVICE, type ExamplesOf } from "./examples.ts";

const UNIT = "pulumi-amd-gpu-0123456789ab.service";
const OTHER_UNIT = "pulumi-amd-gpu-ba9876543210.service";

export const diagnosis: ExamplesOf<typeof diagnosisMessages> = {
  "name-resolves": [
    [{ host: "gpu1.example", addresses: ["192.0.2.1", "2001:db8::1"] }],
    [{ host: "192.0.2.1", addresses: ["192.0.2.1"] }],
  ],
  "name-does-not-resolve": [[{ host: "gpu1.example" }]],
  "ssh-answers": [[{ port: 22 }]],
  "ssh-does-not-answer": [[{ port: 22, reason: "connection refused" }]],
  "host-key-trusted": [[]],
  "host-key-not-checked": [[]],
  "logged-in": [[{ target: "ops@gpu1.example" }]],
  "shell-starts": [[]],
  "check-failed": [
    [{ reason: "cannot log in to ops@gpu1.example: the server did not accept the private key" }],
  ],
  "not-reached": [[{ after: "login" }]],
  "right-is-root": [[]],
  "right-is-sudo": [[]],
  "accelerators-found": [[{ count: 8 }], [{ count: 1 }]],
  "driver-shows-all": [[{ driver: "6.16.6" }], [{ driver: undefined }]],
  "kfd-shows-devices": [[{ count: 64 }]],
  "kfd-shows-no-device": [[]],
  "devices-without-node": [[{ devices: [DEVICE] }], [{ devices: [DEVICE, "0000:0c:00.4"] }]],
  "amd-smi-works": [
    [{ path: "/opt/rocm/bin/amd-smi", version: "26.2.1" }],
    [{ path: "/opt/rocm/bin/amd-smi", version: undefined }],
  ],
  "gpus-idle": [[]],
  "gpus-open": [[{ count: 2, where: ["in vllm.service"] }], [{ count: 1, where: [] }]],
  "processes-partly-seen": [[]],
  "boot-units-none": [[{ owners: 0 }], [{ owners: 1 }]],
  "boot-units-installed": [[{ units: [UNIT] }], [{ units: [UNIT, OTHER_UNIT] }]],
  "boot-units-broken": [[{ units: [UNIT] }], [{ units: [UNIT, OTHER_UNIT] }]],
  "boot-units-orphaned": [[{ units: [UNIT] }], [{ units: [UNIT, OTHER_UNIT] }]],
  "record-readable": [[{ reservations: 2, owners: 1 }]],
  "change-none": [[]],
  "host-contradiction": [[{ problem: "amd-smi reports CPX for 0000:0c:00.0, and sysfs reports SPX" }]],
};

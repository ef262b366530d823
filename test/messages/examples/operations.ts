import type { Bytes } from "../../../provider/bytes.ts";
import type {
  allocationMessages,
  foreignGpusMessages,
  reserveMessages,
} from "../../../provider/operations/allocation/messages.ts";
import type { operationMessages } from "../../../provider/operations/operation/messages.ts";
import type { partitionMessages } from "../../../provider/operations/partition/messages.ts";
import { DEVICE, type ExamplesOf, GPU, KEY, MODEL, MODEL_KEY, OTHER_GPU } from "./examples.ts";

const UNREACHABLE = "cannot reach root@gpu1.example:22: connection refused";
const URN = "urn:pulumi:prod::gpus::pulumi-nodejs:dynamic/amdgpu:GpuPartitionConfig::";

export const reserve: ExamplesOf<typeof reserveMessages> = {
  "host-not-given": [[{ hostId: "h-3f2a" }]],
  "no-place-yet": [[]],
  "left-out": [[]],
  "host-changing": [[{ key: KEY }]],
  "reservations-changed": [
    [
      {
        violation: `${DEVICE} is overcommitted: ${MODEL_KEY} reserves 40.0 GiB of 23.9 GiB`,
        near: [MODEL_KEY],
      },
    ],
  ],
};

export const allocation: ExamplesOf<typeof allocationMessages> = {
  placed: [
    [
      {
        model: MODEL,
        partitionConfig: undefined,
        explanation: [`on ${DEVICE}`, "20.3 GiB <= 23.9 GiB usable"],
      },
    ],
    [{ model: MODEL, partitionConfig: "node1", explanation: [`on ${DEVICE}`] }],
  ],
  "model-found": [[{ detail: "config.json in /models/llama" }]],
  "placement-note": [[{ note: "a note" }]],
  "placement-warning": [[{ note: "a warning" }]],
  "unreserved-use": [[{ sentence: "a sentence" }]],
  "estimate-higher": [[{ id: MODEL, held: "19.0 GiB", now: "20.3 GiB" }]],
  "model-not-found": [[{ error: 'model "llama" is not in the catalog' }]],
  "model-refused": [[{ lines: [`${MODEL} does not fit:`, "1 device of ..."] }]],
  "host-refused": [[{ reason: "a reason" }]],
  "unreachable-keeps-placement": [[{ reason: UNREACHABLE }]],
  "unreachable-places-later": [[{ reason: UNREACHABLE }]],
};

const OTHER_MODES = {
  path: "gpus[0]",
  gpus: [`${GPU} (CPX/NPS1 in the handle, SPX/NPS1 on the host)`],
  stack: "platform/prod",
};

export const foreignGpus: ExamplesOf<typeof foreignGpusMessages> = {
  "no-way-to-host": [[{ path: "gpus[0]", hostId: "h-3f2a" }]],
  "handle-of-other-host": [[{ path: "gpus[0]", hostId: "h-3f2a", found: "h-77b0" }]],
  "gpus-in-other-modes": [[OTHER_MODES], [{ ...OTHER_MODES, stack: undefined }]],
  "model-on-other-modes": [[OTHER_MODES], [{ ...OTHER_MODES, stack: undefined }]],
};

export const operation: ExamplesOf<typeof operationMessages> = {
  "invalid-input": [[{ problem: 'computePartition must be one of SPX, DPX (it is "XPX")' }]],
  "key-conflict": [[{ key: KEY, urn: `${URN}node1`, other: `${URN}node2` }]],
};

export const partition: ExamplesOf<typeof partitionMessages> = {
  plan: [
    [
      {
        plan: {
          reason: "not yet created: memory mode NPS1 differs from NPS4 on 1 GPU",
          gpus: [
            {
              gpu: GPU,
              accelerator: "MI300X",
              observed: "SPX/NPS1",
              desired: "CPX/NPS4",
              devicesBefore: 1,
              devicesAfter: 8,
              capacity: (24 * 1024 ** 3) as Bytes,
              summary: "SPX/NPS1 -> CPX/NPS4, 1 -> 8 devices of 24.0 GiB",
            },
          ],
          steps: [
            { action: "setMemoryMode", memory: "NPS4", gpus: [GPU, OTHER_GPU] },
            { action: "setMemoryMode", memory: "NPS4", gpus: [GPU], named: [GPU] },
            { action: "reloadDriver", memory: "NPS4", gpus: [GPU, OTHER_GPU] },
            { action: "setComputeMode", compute: "CPX", gpus: [GPU] },
          ],
          blastRadius: { driverReload: true, gpus: [GPU, OTHER_GPU], summary: "the blast radius" },
        },
      },
    ],
  ],
  "host-record-repair": [[{ key: KEY }]],
  "boot-unit-install": [[{ unit: "pulumi-amd-gpu-gpus-prod-node1.service" }]],
  "boot-unit-remove": [[{ unit: "pulumi-amd-gpu-gpus-prod-node1.service" }]],
  "restarted-without-persist": [[]],
  "cannot-be-partitioned": [
    [{ host: "host gpu1.example", reason: "amd-smi printed nothing" }],
    [{ host: "this machine", reason: "amd-smi printed nothing", simulated: "before" }],
  ],
  "nothing-to-import": [[{ hostId: "h-3f2a", reason: "no AMD GPU was found" }]],
  "import-owned": [[{ hostId: "h-3f2a", owners: [KEY] }]],
  "import-refused": [[{ reason: "amd-smi printed nothing" }]],
  "simulated-before": [[{ reason: "8 x MI300X with a working amd-smi 26.2.1" }]],
  "gpus-not-restored": [[{ gpus: [GPU] }], [{ gpus: [GPU, OTHER_GPU] }]],
  declaration: [
    [{ path: "profiles[1].gpus[0]", problem: `names GPU ${GPU}, which profiles[0].gpus[0] names already` }],
  ],
  "simulated-instead": [[{ reason: "no AMD GPU was found" }]],
  "host-note": [[{ note: "a note about the host" }]],
  "driver-is-loaded-first": [[{ change: `a change by ${KEY} was interrupted` }]],
  "unreachable-keeps-layout": [[{ reason: UNREACHABLE }]],
  "unreachable-plans-later": [[{ reason: UNREACHABLE }]],
  "host-refused": [[{ reason: "a reason" }]],
  "restore-left-to-others": [
    [{ gpus: [GPU], owners: [KEY] }],
    [{ gpus: [GPU, OTHER_GPU], owners: [KEY, "gpus/dev/node1"] }],
  ],
};

import { gibibytes } from "../../../provider/bytes.ts";
import type {
  placementMessages,
  rankMessages,
  refusalMessages,
  remedyMessages,
} from "../../../provider/scheduler/advice/messages.ts";
import type {
  unreservedUseMessages,
  violationMessages,
} from "../../../provider/scheduler/occupancy/messages.ts";
import { DEVICE, type ExamplesOf, GPU, MODEL, MODEL_KEY } from "./examples.ts";

const demand = "weights 15.0 GiB + KV cache 2.0 GiB = 33.6 GiB";
const free = "23.9 GiB";
const reason = `${demand} > ${free} free on ${DEVICE}`;

export const refusal: ExamplesOf<typeof refusalMessages> = {
  "refused-memory": [[{ demand, free, deviceId: DEVICE }]],
  "refused-domain": [[{ demand, free, domainId: "0000:0c:00.0/1" }]],
  "refused-exclusive": [[{ deviceId: DEVICE, keys: [MODEL_KEY] }]],
  "refused-anti-affinity": [[{ deviceId: DEVICE, group: "fleet/chat" }]],
  "refused-devices": [[{ ranks: 1, available: 0 }], [{ ranks: 4, available: 2 }]],
  "refused-ranks": [[{ ranks: 3 }]],
};

export const placement: ExamplesOf<typeof placementMessages> = {
  "refused-on": [
    [{ ranks: 1, place: GPU, alike: 0, kind: "GPU", reason }],
    [{ ranks: 1, place: GPU, alike: 1, kind: "GPU", reason }],
    [{ ranks: 16, place: "8 GPUs together on h-3f2a", alike: 3, kind: "host", reason }],
  ],
  "fewer-ranks-refused": [[{ ranks: 1, reason }]],
  "device-shared": [[{ deviceId: DEVICE, keys: [MODEL_KEY], claim: "10.1 GiB", free }]],
  "one-device-enough": [[{ changes: ["maxModelLen 4096", "exclusive: false"] }]],
  "no-place": [
    [{ model: MODEL, misses: [], changes: [] }],
    [
      {
        model: MODEL,
        misses: [`1 device of ${GPU}: ${reason}`],
        changes: ["maxModelLen 4096", `releasing the devices of ${MODEL_KEY}`],
      },
    ],
  ],
};

const layout = `${GPU} in SPX/NPS1 instead of CPX/NPS1 (191.7 GiB per device)`;

export const remedy: ExamplesOf<typeof remedyMessages> = {
  "change-option": [[{ property: "maxModelLen", value: 4096 }]],
  "span-host": [[{ devices: 16, gpus: 2 }]],
  "drop-pin": [[]],
  "drop-exclusive": [[]],
  "free-devices": [[{ key: MODEL_KEY }]],
  "change-layout": [
    [{ change: layout, displaced: [] }],
    [{ change: layout, displaced: [MODEL_KEY] }],
    [{ change: layout, displaced: ["a", "b", "c", "d"] }],
  ],
  "whole-gpu": [[{ capacity: gibibytes(191) }]],
  "allow-rebalance": [[{ models: 1 }], [{ models: 2 }]],
};

export const rank: ExamplesOf<typeof rankMessages> = {
  "ranks-on-one-gpu": [[{ ranks: 8 }]],
  "ranks-on-gpus": [[{ ranks: 16, gpus: 2 }]],
};

const use = { deviceId: DEVICE, bytes: gibibytes(20), by: "python3 (pid 4242)" };

export const unreservedUse: ExamplesOf<typeof unreservedUseMessages> = {
  "unreserved-use-fits": [[use]],
  "unreserved-use-exceeds": [[{ ...use, demand: gibibytes(10), left: gibibytes(4) }]],
};

export const violation: ExamplesOf<typeof violationMessages> = {
  "device-overcommitted": [
    [{ deviceId: DEVICE, used: gibibytes(40), usable: gibibytes(24), keys: [MODEL_KEY] }],
    [{ deviceId: DEVICE, used: gibibytes(40), usable: gibibytes(24), keys: [MODEL_KEY, "shop/prod/qwen"] }],
  ],
  "domain-overcommitted": [[{ domainId: "0000:0c:00.0/1", used: gibibytes(60), capacity: gibibytes(48) }]],
  "exclusive-device-shared": [[{ deviceId: DEVICE, keys: [MODEL_KEY, "shop/prod/qwen"] }]],
  "unknown-device-reserved": [[{ key: MODEL_KEY, deviceId: DEVICE, hostId: "h-3f2a" }]],
  "key-reserved-twice": [[{ key: MODEL_KEY }]],
};

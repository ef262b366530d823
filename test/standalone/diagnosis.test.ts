import { expect, test } from "vitest";

import { capabilityOf } from "../../provider/detection/capability.ts";
import { detectionMessages } from "../../provider/detection/messages.ts";
import type { HostObservation } from "../../provider/detection/observation.ts";
import { HOST_RECORD_PATH } from "../../provider/host-record/path.ts";
import { bootUnitName } from "../../provider/partitioner/boot-unit/boot-files.ts";
import { hardwareChecks } from "../../provider/standalone/diagnosis/hardware-checks.ts";
import { GPUS, hostOf } from "../partitioner/host.ts";

const OWNER = "gpus/dev/node1";
const unit = (key: string, digest = "0123") => ({ name: bootUnitName(key), digest });

const statesOf = (observation: HostObservation): Readonly<Record<string, string>> =>
  Object.fromEntries(
    hardwareChecks(observation, capabilityOf(observation, "real")).map(({ name, state, code }) => [
      name,
      `${state} ${code}`,
    ]),
  );

const plain = hostOf(["SPX/NPS1", "SPX/NPS1"]);
const owned = { ...plain.record, owners: { [OWNER]: GPUS.slice(0, 2) } };

test("a host in order has no other state than ok", () => {
  expect(Object.values(statesOf(plain)).filter((state) => !state.startsWith("ok "))).toEqual([]);
});

test.each<readonly [string, Partial<HostObservation>, Readonly<Record<string, string>>]>([
  ["no right", { right: "none" }, { rights: "failure no-right", capability: "failure NONE" }],
  [
    "an unreadable record",
    { problems: [detectionMessages["record-unreadable"]({ path: HOST_RECORD_PATH }).text] },
    { record: "failure record-unreadable" },
  ],
  [
    "a contradiction",
    { problems: ["two things differ"] },
    { consistency: "warning host-contradiction", record: "ok record-readable" },
  ],
  ["no GPU", { gpus: [], devices: [] }, { accelerators: "failure no-gpu", capability: "failure NONE" }],
  [
    "a GPU of another driver",
    {
      missingGpus: [
        { gpu: GPUS[2] ?? "", accelerator: "MI300X", cause: { kind: "other-driver", driver: "vfio-pci" } },
      ],
    },
    { driver: "warning gpus-with-other-driver", capability: "ok REAL_PARTITIONING" },
  ],
  ["no device of KFD", { devices: [] }, { kfd: "failure kfd-shows-no-device" }],
  [
    "a device without a render node",
    { devices: plain.devices.map((device) => ({ ...device, renderNode: undefined })) },
    { kfd: "warning devices-without-node" },
  ],
  ["no amd-smi", { amdSmi: { state: "absent" } }, { "amd-smi": "failure amd-smi-absent" }],
  [
    "an amd-smi that is not at its path",
    { amdSmi: { state: "absent", path: "/opt/x" } },
    { "amd-smi": "failure amd-smi-path-wrong" },
  ],
  [
    "an amd-smi that others can write",
    { amdSmi: { state: "untrusted", path: "/opt/x", part: "/opt" } },
    { "amd-smi": "failure amd-smi-untrusted" },
  ],
  [
    "an amd-smi that fails",
    { amdSmi: { state: "failing", path: "/opt/x", reason: "no python" } },
    { "amd-smi": "failure amd-smi-failing" },
  ],
  [
    "processes that are partly seen",
    { processesSeen: "kfd" },
    { processes: "warning processes-partly-seen" },
  ],
  [
    "a process on a GPU",
    { gpuProcesses: [{ pid: 7, name: "python3", gpus: [], group: { kind: "unit", name: "vllm.service" } }] },
    { processes: "warning gpus-open" },
  ],
  ["a boot unit", { record: owned, bootUnits: [unit(OWNER)] }, { "boot-units": "ok boot-units-installed" }],
  [
    "a boot unit without its script",
    { record: owned, bootUnits: [unit(OWNER, "")] },
    { "boot-units": "warning boot-units-broken" },
  ],
  ["a boot unit of nobody", { bootUnits: [unit(OWNER)] }, { "boot-units": "warning boot-units-orphaned" }],
  [
    "a change that stopped half-way",
    {
      record: {
        ...owned,
        journal: { key: OWNER, bootId: "b", before: {}, desired: {}, step: 0, steps: ["set CPX"] },
      },
    },
    { change: "warning unfinished-change" },
  ],
])("a host with %s is told what to do", (_title, changes, states) => {
  expect(statesOf({ ...plain, ...changes })).toMatchObject(states);
});

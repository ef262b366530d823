import type { Device } from "../devices.ts";
import { CPU_NODES } from "../devices.ts";
import type { NodeState } from "../state.ts";
import { RELEASES } from "../versions.ts";
import type { ParsedArguments } from "./arguments.ts";
import { uuidOfDevice } from "./identity.ts";
import type { Json } from "./outcome.ts";
import { document, MISSING } from "./outcome.ts";

/** "masked": this release hides what needs the device nodes from somebody who may not open them. */
export function list(state: NodeState, parsed: ParsedArguments, identity: "shown" | "masked"): string {
  return document(parsed.devices.map((device) => row(state, parsed, device, identity)));
}

function row(state: NodeState, parsed: ParsedArguments, device: Device, identity: "shown" | "masked"): Json {
  const release = RELEASES[state.rocm];
  const shown = (value: string): string => (identity === "shown" ? value : MISSING);
  const names = { gpu: device.index, bdf: shown(device.bdf), uuid: shown(uuidOfDevice(state, device)) };
  if (release.list === "bdf") return names;
  const plain = {
    ...names,
    kfd_id: device.kfdId,
    node_id: device.nodeId,
    partition_id: device.partition,
  };
  if (!parsed.options.has("-e")) return plain;
  return {
    ...plain,
    render: `renderD${device.renderMinor}`,
    card: `card${device.card}`,
    hsa_id: device.nodeId,
    hip_id: device.nodeId - CPU_NODES,
    hip_uuid: shown(`GPU-${device.serial}`),
    ...(release.list !== "enumeration" && { oam_id: device.partition === 0 ? device.gpu : MISSING }),
    ...(release.list === "enumeration-accelerator" && { physical_acc_id: MISSING }),
  };
}

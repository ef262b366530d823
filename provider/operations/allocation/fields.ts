import { type Bytes, formatBytes } from "../../bytes.ts";
import type { MemoryEstimate } from "../../models/memory/estimate.ts";
import type { ModelShape } from "../../models/shape/shape.ts";
import { containerDevices } from "../../render/container.ts";
import { engineArgs } from "../../render/engine-args.ts";
import { visibleDevices } from "../../render/environment.ts";
import type { HostedDevice } from "../../scheduler/occupancy/pool.ts";
import type { ScheduleOutcome } from "../../scheduler/schedule.ts";
import type { DeviceNodes } from "../../schema/allocation.ts";
import type { EngineName } from "../../schema/engine.ts";
import type { AllocationMemory } from "../../wire/allocation-outputs.ts";

type Placed = Extract<ScheduleOutcome, { success: true }>;

export function allocationFields(
  outcome: Placed,
  shape: ModelShape,
  engine: EngineName,
  nodes: DeviceNodes | undefined,
): Record<string, unknown> {
  const { placement, memory, serving } = outcome;
  const { devices } = placement;
  const container = nodes && containerOf(devices, nodes);
  return {
    hostId: placement.hostId,
    partitionIds: devices.map((device) => device.id),
    devices,
    env: visibleDevices(devices),
    ...(container && { container }),
    engineArgs: engineArgs(engine, {
      shape,
      serving,
      memory,
      tensorParallel: placement.tensorParallel,
      deviceCapacity: devices.reduce(
        (least, device) => (device.capacity < least ? device.capacity : least),
        devices[0]?.capacity ?? memory.high,
      ),
    }),
    memory: memoryOf(memory, placement.bytesPerDevice, devices.length),
    ...(shape.origin && { modelSource: shape.origin }),
    explanation: outcome.explanation,
  };
}

/** An estimate as it is shown. @param perDeviceBytes what is reserved on each device */
export const memoryOf = (
  memory: MemoryEstimate,
  perDeviceBytes: Bytes,
  devices: number,
): AllocationMemory => ({
  perDeviceBytes,
  low: memory.low,
  best: memory.best,
  high: memory.high,
  summary: `${formatBytes(perDeviceBytes)} on ${devices === 1 ? "1 device" : `each of ${devices} devices`}`,
  terms: memory.terms.map((term) => ({ name: term.name, bytes: term.high, reason: term.reason })),
});

/** undefined while a device has no render node that we know of. */
function containerOf(devices: readonly HostedDevice[], nodes: DeviceNodes) {
  const paths = devices.map((device) => nodes.renderNodes[device.id]);
  const known = paths.filter((path) => path !== undefined);
  return known.length === devices.length ? containerDevices(known, nodes.groups) : undefined;
}

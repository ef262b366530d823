import { type HostObservation, partitionableGpus } from "../../detection/observation.ts";
import {
  type Bdf,
  buildLayout,
  type GpuShape,
  type Layout,
  type LogicalDevice,
} from "../../topology/layout.ts";
import { type ModePair, sameModes } from "../../topology/modes.ts";

export const shapesOf = (observation: HostObservation): readonly GpuShape[] =>
  partitionableGpus(observation).map(({ gpu, memory, computeUnits, devicesByMode }) => ({
    gpu,
    memory,
    computeUnits,
    devicesByMode,
  }));

/** The layout these modes give on this host; what KFD measured counts for GPUs that already are in their mode. */
export function layoutOf(observation: HostObservation, modes: ReadonlyMap<Bdf, ModePair>): Layout {
  const settled = new Set(
    observation.gpus
      .filter(
        (gpu) => gpu.modes && modes.has(gpu.gpu) && sameModes(gpu.modes, modes.get(gpu.gpu) ?? gpu.modes),
      )
      .map((gpu) => gpu.gpu),
  );
  const measured = new Map(
    observation.devices
      .filter((device) => settled.has(device.gpu))
      .map((device) => [device.id, { capacity: device.capacity }]),
  );
  const layout = buildLayout(shapesOf(observation), modes, measured);
  const positions = layout.gpus.every((gpu) => settled.has(gpu.gpu))
    ? positionsIn(observation.devices)
    : positionsAfterLoad(layout.devices, observation);
  const devices = layout.devices.map((device) => ({
    ...device,
    index: positions.get(device.id) ?? device.index,
  }));
  return { ...layout, devices };
}

/**
 * Where each device stands among all that ROCR_VISIBLE_DEVICES counts, those of GPUs without modes included. Devices that exist
 * have KFD's own order: after a GPU has changed its mode in a running driver, its nodes come last.
 */
const positionsIn = (devices: readonly { readonly id: string }[]): ReadonlyMap<string, number> =>
  new Map(devices.map((device, position) => [device.id, position]));

/** Devices to come are counted as after a load of the driver, by PCI address. */
function positionsAfterLoad(
  devices: readonly LogicalDevice[],
  observation: HostObservation,
): ReadonlyMap<string, number> {
  const own = new Set(devices.map((device) => device.gpu));
  const others = observation.devices.filter((device) => !own.has(device.gpu));
  return positionsIn([...devices, ...others].toSorted((a, b) => (a.id < b.id ? -1 : 1)));
}

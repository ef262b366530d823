import { bytes, formatBytes } from "../../bytes.ts";
import type { HostObservation } from "../../detection/observation.ts";
import type { Plan } from "./plan.ts";

/** What preview says of GPUs whose devices may take all of their memory domain; nothing where every device keeps to its share. */
export function allocationNews(observation: HostObservation, planned: Plan): readonly string[] {
  const gpus = observation.gpus.filter((gpu) => gpu.allocation === "ALL").map((gpu) => gpu.gpu);
  if (gpus.length === 0) return [];
  const ends = gpus.filter((gpu) => planned.blastRadius.gpus.includes(gpu));
  const stays = gpus.filter((gpu) => !ends.includes(gpu));
  const most = Math.max(
    ...observation.devices.filter((device) => stays.includes(device.gpu)).map((device) => device.capacity),
  );
  return [
    ...(stays.length > 0
      ? [
          `memory allocation mode ALL on ${stays.join(", ")}: each device may allocate its whole memory domain, ${formatBytes(bytes(most))} at most, and shares it`,
        ]
      : []),
    ...(ends.length > 0
      ? [
          `memory allocation mode ALL on ${ends.join(", ")} ends with the change: the driver sets it back to CAPPING`,
        ]
      : []),
  ];
}

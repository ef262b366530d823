import type { HostObservation } from "../../detection/observation.ts";
import type { Plan } from "../plan/plan.ts";

/** What of the host itself stands against a planned change: each reason with what to do. */
export function obstacles(observation: HostObservation, planned: Plan, ownKey: string): readonly string[] {
  return [
    ...fewDrmDevices(observation, planned),
    ...(planned.blastRadius.driverReload ? notReloadable(observation) : staged(observation, ownKey)),
  ];
}

/** What a reload of the driver takes along besides processes, and what waits for one. */
export function driverWarnings({ driverModule }: HostObservation, planned: Plan): readonly string[] {
  const { console, staged } = driverModule;
  const { driverReload } = planned.blastRadius;
  return [
    ...(driverReload && console !== undefined
      ? [`the machine's console is shown by the amdgpu driver (${console}) and is dark while that reloads`]
      : []),
    ...(staged === "requested"
      ? [
          driverReload
            ? "a memory mode was requested before and not loaded yet; the one of this change replaces it"
            : "a memory mode was requested and not loaded yet: the next load of the driver, or a reload by anybody, applies it",
        ]
      : []),
  ];
}

/**
 * The driver makes the DRM devices of a GPU when it is loaded, in every mode as many as the GPU could have partitions: what is
 * missing then is missing for good.
 */
function fewDrmDevices({ drm }: HostObservation, planned: Plan): readonly string[] {
  if (drm.state !== "reached") return [];
  const all = Object.values(drm.devices).reduce((sum, count) => sum + count, 0);
  const taken =
    drm.others.length === 0
      ? ""
      : `, and ${drm.others.join(", ")} ${drm.others.length === 1 ? "has" : "have"} the others`;
  return planned.gpus.flatMap(({ gpu, devicesAfter, desired }) => {
    const there = drm.devices[gpu] ?? devicesAfter;
    return devicesAfter <= there
      ? []
      : [
          `${gpu} needs ${devicesAfter} DRM devices in ${desired} and has ${there}: this kernel makes 64, of which the GPUs have ${all}${taken}; declare a mode with fewer devices for it, keep the other driver from loading, or take Linux 6.12 or later`,
        ];
  });
}

function notReloadable({ driverModule }: HostObservation): readonly string[] {
  const { kind, usedBy, modprobe } = driverModule;
  const reload = "the change reloads the amdgpu driver, ";
  return [
    ...(kind === "built-in"
      ? [
          `${reload}which is built into this kernel; keep the memory mode, or take a kernel that has it as a module`,
        ]
      : []),
    ...(usedBy.length > 0
      ? [
          `${reload}which the kernel ${usedBy.length === 1 ? "module" : "modules"} ${usedBy.join(", ")} ${usedBy.length === 1 ? "uses" : "use"}; unload with \`sudo modprobe -r ${usedBy.join(" ")}\` first`,
        ]
      : []),
    ...(modprobe === "missing" ? [`${reload}and modprobe is missing; install kmod`] : []),
  ];
}

/** Somebody else has planned a reload, which would undo this change: their mode comes with another compute mode. */
function staged({ driverModule, record }: HostObservation, ownKey: string): readonly string[] {
  if (driverModule.staged !== "requested" || record.journal?.key === ownKey) return [];
  return [
    "somebody requested another memory mode, which the next load of the driver applies, resetting all compute modes; reload it (`sudo modprobe -r amdgpu && sudo modprobe amdgpu`) or reboot, then preview again",
  ];
}

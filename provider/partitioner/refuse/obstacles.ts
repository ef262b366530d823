import { generationOf } from "../../amd-smi/generation.ts";
import type { HostObservation } from "../../detection/observation.ts";
import type { Message } from "../../message.ts";
import type { Plan } from "../plan/plan.ts";
import { refuseMessages as say } from "./messages.ts";

/** What of the host itself stands against a planned change: each reason with what to do. */
export function obstacles(observation: HostObservation, planned: Plan, ownKey: string): readonly Message[] {
  return [
    ...fewDrmDevices(observation, planned),
    ...unknownToTool(observation, planned),
    ...(planned.blastRadius.driverReload ? notReloadable(observation) : staged(observation, ownKey)),
  ];
}

/** What a reload of the driver takes along besides processes, and what waits for one. */
export function driverWarnings({ driverModule }: HostObservation, planned: Plan): readonly Message[] {
  const { console, staged } = driverModule;
  const { driverReload } = planned.blastRadius;
  return [
    ...(driverReload && console !== undefined ? [say["console-goes-dark"]({ console })] : []),
    ...(staged === "requested"
      ? [driverReload ? say["staged-mode-replaced"]() : say["staged-mode-waits"]()]
      : []),
  ];
}

/**
 * The driver makes the DRM devices of a GPU when it is loaded, in every mode as many as the GPU could have partitions: what is
 * missing then is missing for good.
 */
function fewDrmDevices({ drm }: HostObservation, planned: Plan): readonly Message[] {
  if (drm.state !== "reached") return [];
  const all = Object.values(drm.devices).reduce((sum, count) => sum + count, 0);
  return planned.gpus.flatMap(({ gpu, devicesAfter: needed, desired }) => {
    const present = drm.devices[gpu] ?? needed;
    return needed <= present
      ? []
      : [say["too-few-drm-devices"]({ gpu, desired, needed, present, all, others: drm.others })];
  });
}

/** A host of several kinds of GPU, whose amd-smi knows the modes of the first kind only. */
function unknownToTool({ gpus, versions }: HostObservation, planned: Plan): readonly Message[] {
  const [first] = gpus;
  if (!first?.modes || generationOf(versions.amdSmi).computeNames === "of-gpu") return [];
  return planned.steps.flatMap((step) =>
    step.action !== "setComputeMode" || first.devicesByMode[step.compute] !== undefined
      ? []
      : [
          say["mode-unknown-to-amd-smi"]({
            mode: step.compute,
            gpus: step.gpus,
            first: first.gpu,
            accelerator: first.accelerator,
          }),
        ],
  );
}

function notReloadable({ driverModule }: HostObservation): readonly Message[] {
  const { kind, usedBy: modules, modprobe } = driverModule;
  return [
    ...(kind === "built-in" ? [say["driver-built-in"]()] : []),
    ...(modules.length > 0 ? [say["driver-used-by-modules"]({ modules })] : []),
    ...(modprobe === "missing" ? [say["modprobe-missing"]()] : []),
  ];
}

/** Somebody else has planned a reload, which would undo this change: their mode comes with another compute mode. */
const staged = ({ driverModule, record }: HostObservation, ownKey: string): readonly Message[] =>
  driverModule.staged !== "requested" || record.journal?.key === ownKey ? [] : [say["staged-by-others"]()];

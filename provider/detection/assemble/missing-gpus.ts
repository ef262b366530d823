import type { Message } from "../../message.ts";
import { acceleratorByDeviceId } from "../../topology/accelerators.ts";
import type { Bdf } from "../../topology/layout.ts";
import { detectionMessages as say } from "../messages.ts";
import type { PciAccelerator } from "../parse/pci.ts";
import type { DriverModule } from "./driver-module.ts";
import { startFailureOf } from "./start-failure.ts";

/** An AMD accelerator on the PCI bus that the amdgpu driver does not show. */
export interface MissingGpu {
  readonly gpu: Bdf;
  /** "MI300X"; undefined where the table does not know its PCI id. */
  readonly accelerator: string | undefined;
  readonly cause: MissingCause;
}

export type MissingCause =
  /** Another driver has it: "vfio-pci", "gim". */
  | { readonly kind: "other-driver"; readonly driver: string }
  /** amdgpu is loaded and did not take it. `line`: the first one of the kernel's log that says why, where it can be read. */
  | { readonly kind: "start-failed"; readonly line: string | undefined }
  /** amdgpu has it and shows it neither as a card with partition files nor to KFD. */
  | { readonly kind: "not-shown" }
  | { readonly kind: "driver-absent" };

/** @param shown GPUs that the driver shows @param log lines of amdgpu in the kernel's log */
export const missingGpus = (
  accelerators: readonly PciAccelerator[],
  shown: ReadonlySet<Bdf>,
  { kind }: Pick<DriverModule, "kind">,
  log: string,
): readonly MissingGpu[] =>
  accelerators
    .filter(({ gpu }) => !shown.has(gpu))
    .map(({ gpu, pciDeviceId, driver }) => ({
      gpu,
      accelerator: acceleratorByDeviceId(pciDeviceId)?.name,
      cause:
        driver === "amdgpu"
          ? { kind: "not-shown" }
          : driver !== undefined
            ? { kind: "other-driver", driver }
            : kind === "unsaid"
              ? { kind: "driver-absent" }
              : { kind: "start-failed", line: startFailureOf(gpu, log) },
    }));

/** One message for each cause, with its GPUs and what to do. */
export function missingMessages(missing: readonly MissingGpu[]): readonly Message[] {
  const groups = new Map<string, MissingGpu[]>();
  for (const one of missing) {
    const name = one.cause.kind === "other-driver" ? `${one.cause.kind} ${one.cause.driver}` : one.cause.kind;
    groups.set(name, [...(groups.get(name) ?? []), one]);
  }
  return [...groups.values()].flatMap((group): readonly Message[] => {
    const gpus = group.map((one) => one.gpu);
    const [first] = group;
    switch (first?.cause.kind) {
      case "other-driver":
        return [say["gpus-with-other-driver"]({ gpus, driver: first.cause.driver })];
      case "start-failed":
        return [say["gpus-not-started"]({ gpus, line: lineOf(group) })];
      case "not-shown":
        return [say["gpus-not-shown"]({ gpus })];
      case "driver-absent":
        return [say["driver-not-loaded"]({ gpus })];
      case undefined:
        return [];
    }
  });
}

const lineOf = (group: readonly MissingGpu[]): string | undefined =>
  group.flatMap(({ cause }) => (cause.kind === "start-failed" ? (cause.line ?? []) : []))[0];

import type { Bdf } from "../../topology/layout.ts";
import type { ComputeMode, MemoryMode } from "../../topology/modes.ts";

/** One change of a host. Compute steps name exactly the GPUs that need it; memory belongs to the whole host. */
export type Step =
  | {
      readonly action: "setMemoryMode";
      readonly memory: MemoryMode;
      readonly gpus: readonly Bdf[];
      /** One GPU of each hive of them, which takes the request for all of its hive. @default the first: the host is one hive */
      readonly named?: readonly Bdf[];
    }
  | {
      readonly action: "reloadDriver";
      readonly gpus: readonly Bdf[];
      /** What the load is to apply; where the host already is in it, nothing is loaded. undefined: load in any case. */
      readonly memory?: MemoryMode;
      /** The GPUs that the load is to give it to. @default all of the step */
      readonly memoryOf?: readonly Bdf[];
    }
  | { readonly action: "setComputeMode"; readonly compute: ComputeMode; readonly gpus: readonly Bdf[] };

export type StepOf<Action extends Step["action"]> = Extract<Step, { readonly action: Action }>;

/** A step as one line, for people and for the journal. */
export function describeStep(step: Step): string {
  const gpus = `${step.gpus.length} ${step.gpus.length === 1 ? "GPU" : "GPUs"}`;
  switch (step.action) {
    case "setMemoryMode":
      return step.named === undefined
        ? `set memory mode ${step.memory} (host-wide, staged until the driver reloads)`
        : `set memory mode ${step.memory} on ${gpus} (staged until the driver reloads)`;
    case "reloadDriver":
      return `reload the amdgpu driver (${gpus})`;
    case "setComputeMode":
      return `set compute mode ${step.compute} on ${gpus} (${step.gpus.join(", ")})`;
  }
}

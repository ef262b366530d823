import type { Bound } from "../../bound.ts";
import type { HostObservation } from "../../detection/observation.ts";
import type { Bdf } from "../../topology/layout.ts";
import type { Progress } from "../partitioner.ts";
import type { DesiredModes } from "../plan/desired.ts";
import type { Plan, PlanReason } from "../plan/plan.ts";
import type { ChangePolicy } from "../refuse/refuse.ts";

export interface ReconcileRequest {
  /** project/stack/name of the declaration. */
  readonly key: string;
  readonly desired: DesiredModes;
  readonly reason: PlanReason;
  /** GPUs that the record lists for the declaration. @default those of `desired`; a restore reaches more, and some may be missing */
  readonly owned?: readonly Bdf[];
  /** The plan that preview showed. If the host changed in the meantime, nothing is done. undefined: whatever is needed. */
  readonly previewed?: Pick<Plan, "gpus">;
  readonly policy: ChangePolicy;
  /**
   * When it is over, nothing new begins: what the change has done so far is rolled back, and what it has noted on the host is
   * taken away. A step that has begun is awaited, and so is the way back; both have limits of their own. @default none
   */
  readonly bound?: Bound;
  /** Called before each step and while long ones run, with one line. */
  readonly progress: Progress;
}

/** The host after a change (or after none was needed), verified by an observation. */
export interface Reconciled {
  readonly plan: Plan;
  readonly observation: HostObservation;
}

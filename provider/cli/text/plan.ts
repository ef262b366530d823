import { describeStep } from "../../partitioner/plan/step.ts";
import type { HostPlan } from "../../standalone/plan.ts";
import { type Line, span } from "./line.ts";

/** A plan in the words of a preview. */
export const planLines = ({ owner, plan, refusals, warnings }: HostPlan): readonly Line[] => [
  [span("heading", plan.reason)],
  ...plan.gpus.map(({ gpu, summary }) => [`GPU ${gpu}: ${summary}`]),
  ...plan.steps.map((step, number) => [`step ${number + 1}: ${describeStep(step)}`]),
  ...(plan.steps.length > 0 ? [[plan.blastRadius.summary]] : []),
  ...(owner === undefined ? [] : [[`declared by ${owner}`]]),
  ...warnings.map((sentence) => [span("warning", "warning"), `: ${sentence}`]),
  ...refusals.map(({ text }) => [span("bad", "refused"), `: ${text}`]),
];

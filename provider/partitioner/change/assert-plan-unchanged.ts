import { RefusedError } from "../../change-errors.ts";
import type { Plan } from "../plan/plan.ts";
import { changeMessages } from "./messages.ts";

const changeLines = (of: Pick<Plan, "gpus">): readonly string[] =>
  of.gpus.map((change) => `${change.gpu} ${change.observed} -> ${change.desired}`);

/** The lines that the others do not have; a host of eight need not be listed twice. */
const without = (lines: readonly string[], others: readonly string[]): readonly string[] =>
  lines.filter((line) => !others.includes(line));

/** The change that preview showed is made, or none is. undefined: there was no preview. @throws RefusedError */
export function assertPlanUnchanged(
  target: string,
  previewed: Pick<Plan, "gpus"> | undefined,
  planned: Plan,
): void {
  if (!previewed) return;
  const before = changeLines(previewed);
  const now = changeLines(planned);
  if (before.join("\n") === now.join("\n")) return;
  throw new RefusedError(target, [
    changeMessages["plan-outdated"]({ planned: without(before, now), needed: without(now, before) }),
  ]);
}

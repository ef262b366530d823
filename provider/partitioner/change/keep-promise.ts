import { RefusedError } from "../../change-errors.ts";
import type { Plan } from "../plan/plan.ts";
import { changeMessages } from "./messages.ts";

const changeLines = (of: Pick<Plan, "gpus">): readonly string[] =>
  of.gpus.map((change) => `${change.gpu} ${change.observed} -> ${change.desired}`);

/** The lines that the others do not have; a host of eight need not be listed twice. */
const without = (lines: readonly string[], others: readonly string[]): readonly string[] =>
  lines.filter((line) => !others.includes(line));

/** What preview promised is done, or nothing is. undefined: nothing was promised. @throws RefusedError */
export function keepPromise(target: string, promised: Pick<Plan, "gpus"> | undefined, planned: Plan): void {
  if (!promised) return;
  const before = changeLines(promised);
  const now = changeLines(planned);
  if (before.join("\n") === now.join("\n")) return;
  throw new RefusedError(target, [
    changeMessages["plan-outdated"]({ planned: without(before, now), needed: without(now, before) }),
  ]);
}

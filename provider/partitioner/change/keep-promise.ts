import type { Plan } from "../plan/plan.ts";
import { RefusedError } from "./change-errors.ts";

const changeLines = (of: Pick<Plan, "gpus">): readonly string[] =>
  of.gpus.map((change) => `${change.gpu} ${change.observed} -> ${change.desired}`);

/** The lines that the others do not have; a host of eight need not be listed twice. */
function listOnly(lines: readonly string[], others: readonly string[]): string {
  const rest = lines.filter((line) => !others.includes(line));
  if (rest.length > 3) return `${rest.slice(0, 3).join(", ")} and ${rest.length - 3} more`;
  return rest.join(", ") || "nothing";
}

/** What preview promised is done, or nothing is. undefined: nothing was promised. @throws RefusedError */
export function keepPromise(target: string, promised: Pick<Plan, "gpus"> | undefined, planned: Plan): void {
  if (!promised) return;
  const before = changeLines(promised);
  const now = changeLines(planned);
  if (before.join("\n") === now.join("\n")) return;
  throw new RefusedError(target, [
    `it changed since the plan was made (planned: ${listOnly(before, now)}; needed now: ${listOnly(now, before)}); preview again`,
  ]);
}

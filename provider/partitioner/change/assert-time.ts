import { type Bound, isOver } from "../../bound.ts";
import { GivenUpError } from "../../change-errors.ts";

/** Nothing new begins when the bound is over. @throws GivenUpError */
export function assertTime(target: string, bound: Bound): void {
  if (isOver(bound)) throw new GivenUpError(target, bound);
}

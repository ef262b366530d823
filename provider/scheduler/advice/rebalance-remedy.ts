import type { BatchResult } from "../solver/place-all.ts";
import type { Remedy } from "./remedy.ts";

/** For a batch that refuses a model although moving its running models would give all a place. */
export function rebalanceRemedies({ movable }: Pick<BatchResult, "movable">): readonly Remedy[] {
  if (movable === undefined) return [];
  const models = movable === 1 ? "1 running model" : `${movable} running models`;
  const sentence = `rebalance "when-needed", which may move the ${models} of this fleet`;
  return [{ property: "rebalance", value: "when-needed", sentence }];
}

import type { BatchResult } from "../solver/place-all.ts";
import { remedyMessages as say } from "./messages.ts";
import type { Remedy } from "./remedy.ts";

/** For a batch that refuses a model although moving its running models would give all a place. */
export const rebalanceRemedies = ({ movable }: Pick<BatchResult, "movable">): readonly Remedy[] =>
  movable === undefined
    ? []
    : [{ property: "rebalance", value: "when-needed", ...say["allow-rebalance"]({ models: movable }) }];

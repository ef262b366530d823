import { formatBytes, sumBytes } from "../bytes.ts";
import type { BatchResult } from "./place-all.ts";
import type { Remedy } from "./remedy.ts";

/** More names than this are only counted. */
const MOST_NAMES = 3;

/** What a batch that refuses somebody can be told: that all have a place once those that run may move, and who then does. */
export function rebalanceRemedies({ wouldMove }: Pick<BatchResult, "wouldMove">): readonly Remedy[] {
  if (!wouldMove) return [];
  const names = wouldMove.map((move) => move.key);
  const who = names.length > MOST_NAMES ? `${names.length} models` : names.join(", ");
  const bytes = formatBytes(sumBytes(wouldMove.map((move) => move.bytes)));
  const sentence = `rebalance "when-needed", which moves ${who} (${bytes} to load again)`;
  return [{ property: "rebalance", value: "when-needed", sentence }];
}

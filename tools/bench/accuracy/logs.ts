import { CACHE_LOGS } from "./cache-logs.ts";
import type { EngineLog } from "./engine-log.ts";
import { INSTINCT_LOGS } from "./instinct-logs.ts";
import { LLAMA_LOGS } from "./llama-logs.ts";
import { OTHER_LOGS } from "./other-logs.ts";
import { WEIGHT_LOGS } from "./weight-logs.ts";

/** "R7, 2 ranks" is 7; "I1" comes after all of R. */
const number = ({ label }: EngineLog): number =>
  Number.parseInt(label.slice(1), 10) + 100 * "RIKW".indexOf(label.charAt(0));

/**
 * Start-up logs found in public. None is of an AMD partition. A log that circulates with 447,088 tokens is left out: the
 * test file that carries it calls it synthetic.
 */
export const LOGS: readonly EngineLog[] = [
  ...LLAMA_LOGS,
  ...OTHER_LOGS,
  ...INSTINCT_LOGS,
  ...CACHE_LOGS,
  ...WEIGHT_LOGS,
].toSorted((a, b) => number(a) - number(b));

import type { DiffOutcome, Properties } from "../handler.ts";
import { inShort } from "../short-forms.ts";
import { sameValue, unknownPaths } from "../unknowns.ts";
import { isToBeDone } from "./at-boot.ts";
import { COMPUTED_KEYS } from "./keys.ts";

/** Only names who declares; a rename or an alias is no change of a host. */
const IGNORED: ReadonlySet<string> = new Set(["identity", "__provider"]);

/**
 * What a plan leaves open, and the inputs of a first update therefore lack, is no difference by itself: where something is
 * to be done, `plan` says so.
 */
const isLeftOpen = (key: string, news: Properties): boolean =>
  (key === "deviceNodes" || key === "status") && news[key] === undefined;

/**
 * A different layout, or a different host, is a replacement with the delete first: the engine then removes what runs on the
 * old devices before the modes change. Everything else is an update; one that touches no mode does not even contact the
 * host. A repaired drift is an update too: the layout that was declared, and handed on, is the same as before.
 */
export function partitionDiff(before: Properties, after: Properties): DiffOutcome {
  // After a refresh `after` too is out of state.
  const [olds, news] = [inShort(before), inShort(after)];
  const known = (key: string): boolean => unknownPaths(news[key]).length === 0;
  const replaces = ["layout", "hostId"].filter(
    (key) =>
      olds[key] !== undefined && news[key] !== undefined && known(key) && !sameValue(olds[key], news[key]),
  );
  if (replaces.length > 0) return { changes: true, replaces, deleteBeforeReplace: true };
  if (isToBeDone(news["atBoot"])) return { changes: true };
  const keys = new Set([...Object.keys(olds), ...Object.keys(news), ...COMPUTED_KEYS]);
  const changes = [...keys].some(
    (key) => !IGNORED.has(key) && !isLeftOpen(key, news) && !sameValue(olds[key], news[key]),
  );
  return { changes };
}

import { parseLayout } from "../../topology/modes.ts";
import { accessOf } from "../access-of.ts";
import { fresh, type Handler, only, type Properties } from "../handler.ts";
import { hostOf } from "../operation.ts";
import { inShort, type ShortPlan } from "../short-forms.ts";
import { sameValue } from "../unknowns.ts";
import { isSettled, partitionFields, settledFields } from "./fields.ts";
import { parseArgs } from "./request.ts";

/**
 * What refresh records: a host as declared, or the modes it drifted to. `layout` stays what was declared, because that is
 * what the models on it were given and what the next update gives back.
 */
export async function readPartition(id: string, props: Properties): ReturnType<Handler["read"]> {
  const args = parseArgs(props);
  const host = await hostOf(accessOf(args));
  const desired = parseLayout((props["layout"] ?? {}) as Readonly<Record<string, string>>);
  const fields = partitionFields(host.capability, host.observation, desired, props["plan"] as ShortPlan);
  const settled = isSettled(host.observation, desired);
  const found = settled
    ? {
        ...only(fresh(fields), ["hostId", "capability", "accelerator", "versions"]),
        ...settledFields(host.observation, desired),
      }
    : { observed: fields.observed, status: "Drifted" };
  const now = { ...fresh(props), ...fresh(onlyNew(found, props)) };
  // The inputs of a host that is as declared stay what they are; those of a drifted one make the next plan a difference.
  return settled ? { id, props: now } : { id, props: now, inputs: { ...now } };
}

/** What state says in other words, as an earlier version wrote it, stays as it is there: it is no drift. */
function onlyNew(found: object, props: Properties): Record<string, unknown> {
  const known = inShort(props);
  return Object.fromEntries(Object.entries(found).filter(([key, value]) => !sameValue(known[key], value)));
}

import type { Identity } from "../schema/partition.ts";
import type { Properties } from "./handler.ts";

/** Keys under which resources of this operation stand in host records, by URN. */
const keys = new Map<string, string>();

/** The other way round: the first resource of this operation that stands under a key. */
const holders = new Map<string, string>();

const identityIn = (properties: Properties): Partial<Identity> => properties["identity"] ?? {};

/**
 * Who declares a resource, as its host knows it: a renamed resource (an alias, a renamed stack) keeps the key it had, because
 * its reservation, or what it has to restore, stands under that key in the host's record.
 */
export function keptIdentity(olds: Properties, news: Properties): unknown {
  const given = identityIn(news);
  const { key, urn } = given;
  if (typeof key !== "string" || typeof urn !== "string") return news["identity"];
  // The second check of a replacement is given no old inputs.
  const kept = identityIn(olds).key ?? keys.get(urn) ?? key;
  keys.set(urn, kept);
  if (!holders.has(kept)) holders.set(kept, urn);
  return { key: kept, urn };
}

/** The same for the configurations a model names: their own check came first. */
export const knownIdentity = (identity: Identity): Identity => ({
  ...identity,
  key: keys.get(identity.urn) ?? identity.key,
});

/** Another resource of this operation that stands under the same key: a new one that took the name of a renamed one. */
export function namesake({ key, urn }: Identity): string | undefined {
  const other = holders.get(key);
  return other === urn ? undefined : other;
}

export const namesakeProblem = (identity: Identity, other: string): string =>
  `the name stands for ${other} in the host's record (as ${identity.key}), which was renamed; give this one another name`;

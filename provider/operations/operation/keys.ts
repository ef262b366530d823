import { keysOf } from "../../resource-key.ts";
import { type Identity, identitySchema } from "../../schema/partition.ts";

/** The keys of one kind of resource in one engine operation. */
export interface Keys {
  /**
   * Who declares a resource, as its host knows it. A renamed resource (an alias, a renamed stack, another parent) keeps the key it
   * had, because its reservation, or what it has to restore, stands under that key in the host's record.
   *
   * @param before what state says; undefined for a new resource and in the second check of a replacement.
   */
  claim(before: Identity | undefined, given: Identity): Identity;
  /** The same for a resource that somebody refers to, whose own check came first. */
  known(identity: Identity): Identity;
  /** URN of another resource of this operation that stands under the same key. */
  conflict(identity: Identity): string | undefined;
}

export function createKeys(): Keys {
  const byUrn = new Map<string, Identity>();
  /** The first resource that claimed a key. */
  const claims = new Map<string, string>();
  const known = (identity: Identity): Identity => byUrn.get(identity.urn) ?? identity;
  return {
    claim(before, given) {
      const kept = { ...(before ?? known(given)), urn: given.urn };
      byUrn.set(given.urn, kept);
      for (const key of keysOf(kept)) if (!claims.has(key)) claims.set(key, given.urn);
      return kept;
    },
    known,
    conflict: (identity) =>
      keysOf(identity)
        .map((key) => claims.get(key))
        .find((urn) => urn !== undefined && urn !== identity.urn),
  };
}

/** undefined where there is none, or it is not known. */
export const readIdentity = (value: unknown): Identity | undefined => identitySchema.safeParse(value).data;

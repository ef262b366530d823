import { formatKey, keyOfUrn } from "../resource-key.ts";

/** Who declares a resource, which the engine tells with every call. */
export interface Identity {
  readonly key: string;
  readonly urn: string;
  readonly keyFormat: 2;
}

/** `urn:pulumi:<stack>::<project>::<types of the parents>$<type>::<name>` */
export const typeOf = (urn: string): string => urn.split("::")[2]?.split("$").at(-1) ?? "";

/** A renamed resource keeps the key in its state, which its handler reads. */
export function identityOf(urn: string): Identity {
  const key = keyOfUrn(urn);
  return { key: key ? formatKey(key) : urn, urn, keyFormat: 2 };
}

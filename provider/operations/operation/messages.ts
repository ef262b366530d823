import { defineMessages } from "../../message.ts";
import { parseKey } from "../../resource-key.ts";

/** What is wrong with a declaration by itself, whatever it declares. */
export const operationMessages = defineMessages({
  /** The path stands at the start, as `schema/sentences.ts` makes it. */
  "invalid-input": ({ problem }: { readonly problem: string }) => problem,
  "key-conflict": ({
    key,
    urn,
    other,
  }: {
    readonly key: string;
    readonly urn: string;
    readonly other: string;
  }) =>
    `${urn} and ${other} have the same key ${key} in the host record, because one of them was created as ${parseKey(key).name} and renamed or moved later; choose another name for the new resource`,
});

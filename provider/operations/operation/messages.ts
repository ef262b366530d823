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
    `two resources stand as ${key} in the record of their host: ${urn} and ${other}. One of them was renamed or moved after it was called ${parseKey(key).name}; give the new one another name`,
});

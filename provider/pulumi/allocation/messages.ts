import { defineMessages } from "../../message.ts";

/** Why a model is not reserved where the plan has it. */
export const reserveMessages = defineMessages({
  "host-changing": ({ key }: { readonly key: string }) =>
    `${key} is changing its partitions; place models when that is done`,
  "reservations-changed": ({
    violation,
    near,
  }: {
    /** The rule that does not hold any more. */
    readonly violation: string;
    /** Keys of the reservations on the same devices. */
    readonly near: readonly string[];
  }) =>
    `its reservations changed since the plan was made (${violation}; there now: ${near.join(", ")}); preview again`,
});

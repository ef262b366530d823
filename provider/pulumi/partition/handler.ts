import { withoutStacks } from "../failing.ts";
import type { Handler } from "../handler.ts";
import { noteReplacement } from "../operation.ts";
import { checkPartition } from "./check.ts";
import { partitionDiff } from "./diff.ts";
import { readPartition } from "./read.ts";
import { removePartition } from "./remove.ts";
import { identityKey } from "./request.ts";
import { settlePartition, updatePartition } from "./settle.ts";

export const partitionHandler: Handler = withoutStacks({
  check: checkPartition,
  diff: async (_id, olds, news) => {
    const outcome = partitionDiff(olds, news);
    // On another host the delete half has to restore the old one.
    if (outcome.replaces && olds["hostId"] === news["hostId"]) noteReplacement(identityKey(news));
    return outcome;
  },
  create: (inputs) => settlePartition(undefined, {}, inputs),
  update: updatePartition,
  read: readPartition,
  delete: removePartition,
});

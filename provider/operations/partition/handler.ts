import type { Handler } from "../../wire/handler.ts";
import { checkOutcome } from "../checked.ts";
import { withoutStacks } from "../failing.ts";
import { readIdentity } from "../operation/keys.ts";
import type { Operation } from "../operation/operation.ts";
import { readPartitionState } from "../state/partition-state.ts";
import { checkPartition } from "./check.ts";
import { createOrUpdatePartition, updatePartition } from "./create-or-update.ts";
import { deletePartition } from "./delete.ts";
import { partitionDiff } from "./diff.ts";
import { readPartition } from "./read.ts";

export const partitionHandler = (operation: Operation): Handler =>
  withoutStacks({
    check: async (olds, news) =>
      checkOutcome(
        await checkPartition(operation, olds, news),
        operation.log(readIdentity(news["identity"])?.urn ?? ""),
      ),
    // After a refresh `news` too is out of state.
    diff: async (_id, olds, news) => partitionDiff(readPartitionState(olds), readPartitionState(news)),
    create: (inputs) => createOrUpdatePartition(operation, undefined, readPartitionState({}), inputs),
    update: (id, olds, news) => updatePartition(operation, id, olds, news),
    read: (id, props) => readPartition(operation, id, props),
    delete: (_id, props) => deletePartition(operation, props),
  });

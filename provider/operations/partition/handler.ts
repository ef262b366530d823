import type { Handler } from "../../wire/handler.ts";
import { checkOutcome } from "../checked.ts";
import { withoutStacks } from "../failing.ts";
import { readIdentity } from "../operation/keys.ts";
import type { Operation } from "../operation/operation.ts";
import { readPartitionState } from "../state/partition-state.ts";
import { checkPartition } from "./check.ts";
import { partitionDiff } from "./diff.ts";
import { readPartition } from "./read.ts";

/** Code that changes a host is imported when it is called: a preview never calls it. */
export const partitionHandler = (operation: Operation): Handler =>
  withoutStacks({
    check: async (olds, news) =>
      checkOutcome(
        await checkPartition(operation, olds, news),
        operation.log(readIdentity(news["identity"])?.urn ?? ""),
      ),
    // After a refresh `news` too is out of state.
    diff: async (_id, olds, news) => partitionDiff(readPartitionState(olds), readPartitionState(news)),
    create: async (inputs) => {
      const { createOrUpdatePartition } = await import("./create-or-update.ts");
      return createOrUpdatePartition(operation, undefined, readPartitionState({}), inputs);
    },
    update: async (id, olds, news) => {
      const { updatePartition } = await import("./create-or-update.ts");
      return updatePartition(operation, id, olds, news);
    },
    read: (id, props) => readPartition(operation, id, props),
    delete: async (_id, props) => {
      const { deletePartition } = await import("./delete.ts");
      await deletePartition(operation, props);
    },
  });

import { textOf } from "../../message.ts";
import { accessIn } from "../../schema/allocation.ts";
import { partitionArgsSchema } from "../../schema/partition.ts";
import { exportConfig } from "../../standalone/export-config.ts";
import { fresh, type Properties } from "../../wire/handler.ts";
import { OperationError } from "../operation-error.ts";
import type { Operation } from "../operation/operation.ts";
import { readPartitionState } from "../state/partition-state.ts";
import { checkPartition } from "./check.ts";
import { IMPORTED } from "./imported.ts";
import { partitionMessages as say } from "./messages.ts";

export interface Imported {
  readonly id: string;
  /** What a program writes to declare the host as it is, besides how to reach it. */
  readonly declaration: Properties;
  /** Inputs of a check of that declaration, and so what state has of the resource. */
  readonly props: Record<string, unknown>;
}

/**
 * A host that somebody else has partitioned, as it is. Nothing is written on the host: the first update that has something to do
 * enters the resource in the host's record.
 *
 * @param access how to reach the host, and `identity`.
 */
export async function importPartition(operation: Operation, access: Properties): Promise<Imported> {
  const parsed = partitionArgsSchema.parse({ ...access, computePartition: "SPX", memoryPartition: "NPS1" });
  const { observation, capability } = await operation.hosts.open(accessIn(parsed));
  const exported = exportConfig({ observation });
  if (!exported)
    throw new OperationError(
      say["nothing-to-import"]({ hostId: observation.hostId, reason: capability.reason }),
    );
  const owners = Object.keys(observation.record.owners).filter((key) => key !== parsed.identity.key);
  if (owners.length > 0)
    throw new OperationError(say["import-owned"]({ hostId: observation.hostId, owners }));
  const { declaration } = exported;
  const { inputs, failures } = await checkPartition(operation, {}, { ...access, ...declaration });
  if (failures.length > 0) throw new OperationError(say["import-refused"]({ reason: textOf(failures) }));
  const { hostId, plan } = readPartitionState(inputs).computed;
  const props = fresh({ ...inputs, plan: { ...plan, reason: IMPORTED } });
  return { id: `${hostId}/${parsed.identity.key}`, declaration: fresh(declaration), props };
}

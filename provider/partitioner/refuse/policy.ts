import { keyOfUrn, stackPrefix } from "../../resource-key.ts";
import type { PartitionArgs } from "../../schema/partition.ts";
import type { ChangePolicy } from "./refuse.ts";

/** What a declaration allows a change of its host. */
export function policyOf(args: PartitionArgs): ChangePolicy {
  const { key, urn } = args.identity;
  const ofUrn = keyOfUrn(urn);
  return {
    driverReload: args.driverReload,
    ownKey: key,
    // A stack that was renamed has older resources under its old name and newer ones under its new one.
    ownPrefixes: [...new Set([stackPrefix(key), ...(ofUrn ? [stackPrefix(ofUrn)] : [])])],
    inUse: args.inUse,
    inUseMs: args.timeouts.inUse * 1000,
    services: args.gpuClientSystemdServices.names,
  };
}

import { HostUnreachableError } from "../../provider/errors.ts";
import { resolve } from "../../provider/models/resolve.ts";
import { createOperation, type Operation } from "../../provider/operations/operation/operation.ts";
import type { HostAccessArgs } from "../../provider/schema/allocation.ts";
import { createHost, type Host, type Process, startProcess } from "./host.ts";

/** Hosts that several stacks share, by their names; "<name>-alias" is the same host. */
export interface World {
  host(name: string): Host;
  readonly hosts: readonly Host[];
  /** Whether a host answers. */
  setReachable(name: string, reachable: boolean): void;
  /** Whether the host with this id answers and has all its GPUs. */
  isWhole(id: string): boolean;
  /** One engine operation, which shares nothing with the one before. */
  operation(process?: Process): Operation;
}

const hostName = ({ connection }: HostAccessArgs): string => (connection?.host ?? "").replace(/-alias$/, "");

export function createWorld(gpusOf: Readonly<Record<string, number>>): World {
  const hosts = new Map(Object.entries(gpusOf).map(([name, gpus]) => [name, createHost(name, gpus)]));
  const unreachable = new Set<string>();
  const host = (name: string): Host => {
    const found = hosts.get(name);
    if (!found) throw new RangeError(`there is no host ${name}`);
    return found;
  };
  return {
    host,
    hosts: [...hosts.values()],
    setReachable: (name, reachable) => {
      if (reachable) unreachable.delete(name);
      else unreachable.add(name);
    },
    isWhole: (id) => !unreachable.has(id) && host(id).observation().missingGpus.length === 0,
    operation: (process = startProcess()) =>
      createOperation({
        hosts: {
          observe: async (access) => {
            const name = hostName(access);
            if (unreachable.has(name)) throw new HostUnreachableError(name, "connection refused");
            return host(name).observation();
          },
          open: async (access, known) => {
            const partitioner = host(hostName(access)).open(process);
            if (!known) throw new Error("a host in memory is always observed first");
            const capability = { level: "REAL_PARTITIONING" as const, reason: "a host in memory" };
            return { capability, partitioner, observation: known, problems: [] };
          },
        },
        findModel: (model) => resolve(model, { hub: "off" }),
        log: () => () => undefined,
      }),
  };
}

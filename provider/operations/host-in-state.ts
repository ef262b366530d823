import type { OpenHost } from "../access/host.ts";
import type { HostAccessArgs } from "../schema/allocation.ts";
import type { Operation } from "./operation/operation.ts";

/**
 * The host that a resource in state is about. Where "auto" simulated once what it would not simulate any more, because the machine has
 * hardware, that is the simulation: what exists only there is read and deleted there.
 */
export async function hostInState(
  { hosts }: Operation,
  access: HostAccessArgs,
  hostId: string | undefined,
): Promise<{ readonly access: HostAccessArgs; readonly host: OpenHost }> {
  const host = await hosts.open(access);
  if (access.mode !== "auto" || host.observation.hostId === hostId) return { access, host };
  const simulated = { ...access, mode: "simulation" as const };
  const other = await hosts.open(simulated);
  return other.observation.hostId === hostId ? { access: simulated, host: other } : { access, host };
}

import { readAllocationState } from "../../provider/operations/state/allocation-state.ts";
import { readPartitionState } from "../../provider/operations/state/partition-state.ts";
import { fullKey } from "../../provider/resource-key.ts";
import { parseLayout, sameModes } from "../../provider/topology/modes.ts";
import type { Stack } from "./engine.ts";
import type { Host } from "./host.ts";
import type { ResourceState } from "./resource.ts";

/** What is wrong with a partition after an update that succeeded: nothing, or a sentence each. */
function partitionProblems({ urn, outputs }: ResourceState, host: Host): readonly string[] {
  const { computed, identity } = readPartitionState(outputs);
  const { gpus, record, devices } = host.observation();
  const key = identity?.key ?? "";
  const desired = parseLayout(computed.layout ?? {});
  const wrong = [...desired].flatMap(([gpu, pair]) => {
    const modes = gpus.find((one) => one.gpu === gpu)?.modes;
    return modes && sameModes(modes, pair)
      ? []
      : [`${urn}: ${gpu} is ${JSON.stringify(modes)}, declared ${JSON.stringify(pair)}`];
  });
  const owned = record.owners[key] ?? [];
  const nodes = Object.keys(computed.deviceNodes?.renderNodes ?? {});
  return [
    ...wrong,
    ...(computed.status === "Success" ? [] : [`${urn}: status ${computed.status}`]),
    ...(desired.size > 0 && owned.toSorted().join() === [...desired.keys()].toSorted().join()
      ? []
      : [`${urn}: the record lists ${owned.join()} for ${key}, state ${[...desired.keys()].join()}`]),
    ...owned.flatMap((gpu) =>
      record.before[gpu] ? [] : [`${urn}: the record does not say what ${gpu} was before`],
    ),
    ...(record.journal?.key === key ? [`${urn}: its journal is left`] : []),
    ...(nodes.length > 0 && devices.length > 0 ? [] : [`${urn}: no device nodes`]),
  ];
}

function modelProblems({ urn, outputs }: ResourceState, host: Host): readonly string[] {
  const { computed, identity } = readAllocationState(outputs);
  const { devices, record } = host.observation();
  const ids = computed.partitionIds ?? [];
  const positions = ids.map((id) => devices.findIndex((device) => device.id === id));
  const own = record.reservations.filter((one) => fullKey(one) === identity?.key);
  const reserved = own[0]?.devices.map((claim) => `${claim.id} ${claim.bytes}`).join();
  const placed = ids.map((id) => `${id} ${computed.memory?.perDeviceBytes}`).join();
  const nodes = ids.map((id) => devices.find((device) => device.id === id)?.renderNode);
  return [
    ...(ids.length > 0 ? [] : [`${urn}: no devices`]),
    ...(positions.includes(-1) ? [`${urn}: is on ${ids.join()}, which the host does not have`] : []),
    ...(computed.env?.["ROCR_VISIBLE_DEVICES"] === positions.join(",")
      ? []
      : [`${urn}: sees ${computed.env?.["ROCR_VISIBLE_DEVICES"]}, KFD has it at ${positions.join(",")}`]),
    ...(own.length === 1 && reserved === placed
      ? []
      : [`${urn}: state has ${placed}, the record ${own.length} entries: ${reserved}`]),
    ...(nodes.every((node) => node !== undefined && computed.container?.devices.includes(node))
      ? []
      : [`${urn}: the container has ${computed.container?.devices.join()}, the devices are ${nodes.join()}`]),
  ];
}

const hostOf = (hosts: readonly Host[], { outputs }: ResourceState): Host | undefined =>
  hosts.find((host) => host.id === outputs["hostId"]);

/** After a whole update of a stack that succeeded. */
export const stackProblems = (hosts: readonly Host[], stack: Stack): readonly string[] =>
  stack.resources.flatMap((resource) => {
    const host = hostOf(hosts, resource);
    if (!host) return [`${resource.urn}: is on no host (${String(resource.outputs["hostId"])})`];
    return resource.kind === "partition" ? partitionProblems(resource, host) : modelProblems(resource, host);
  });

/** Entries of the hosts' records that belong to no resource of any stack. */
export function strayEntries(hosts: readonly Host[], stacks: readonly Stack[]): readonly string[] {
  const keys = new Set(
    stacks.flatMap((stack) =>
      stack.resources.map(({ kind, outputs }) => {
        const read = kind === "partition" ? readPartitionState : readAllocationState;
        return `${kind} ${read(outputs).identity?.key} ${String(outputs["hostId"])}`;
      }),
    ),
  );
  return hosts.flatMap((host) => {
    const { owners, reservations } = host.record();
    return [
      ...Object.keys(owners).map((key) => `partition ${key} ${host.id}`),
      ...reservations.map(({ key }) => `allocation ${key} ${host.id}`),
    ].filter((entry) => !keys.has(entry));
  });
}

/** After everything was destroyed. */
export const leftovers = (hosts: readonly Host[]): readonly string[] =>
  hosts.flatMap((host) => {
    const { owners, before, reservations, journal } = host.record();
    const left = { owners, before, reservations, journal };
    const modes = host.modes().filter((pair) => pair !== "SPX/NPS1");
    return [
      ...(modes.length > 0 ? [`${host.id}: ${host.modes().join()}`] : []),
      ...(JSON.stringify(left) === JSON.stringify({ owners: {}, before: {}, reservations: [] })
        ? []
        : [`${host.id}: ${JSON.stringify(left)}`]),
    ];
  });

import type { HostObservation } from "../../detection/observation.ts";
import type { Message } from "../../message.ts";
import { parseKey, stackPrefix } from "../../resource-key.ts";
import type { AllocationArgs, HostAccessArgs } from "../../schema/allocation.ts";
import type { Identity } from "../../schema/partition.ts";
import type { SchemaProblem } from "../../schema/sentences.ts";
import type { Bdf } from "../../topology/layout.ts";
import { formatModes } from "../../topology/modes.ts";
import { type Note, warning } from "../checked.ts";
import type { Operation } from "../operation/operation.ts";
import type { AllocationState } from "../state/allocation-state.ts";
import { foreignGpusMessages as say } from "./messages.ts";

/** `hosts` is made of `gpus`: what is wrong with a way to a host is told of the entry of `gpus`, once. */
export function problemsWithGpus(problems: readonly SchemaProblem[]): readonly SchemaProblem[] {
  const wrong = new Set(problems.flatMap(({ path: [root, number] }) => (root === "gpus" ? [number] : [])));
  return problems.flatMap((problem) => {
    const [root, number, ...rest] = problem.path;
    if (root !== "hosts" || number === undefined) return [problem];
    if (wrong.has(number)) return [];
    return [{ path: ["gpus", number, ...rest], message: problem.message.replace(/^hosts\b/, "gpus") }];
  });
}

/** What a model can use of the GPUs that it is given. */
interface Usable {
  /** Without the GPUs whose modes are not those of the handle. */
  readonly usable: AllocationArgs;
  readonly failures: readonly Message[];
  readonly notes: readonly Note[];
}

/**
 * A handle of GPUs that no resource of this operation declares says what they were when their stack ran last. Nothing here sets
 * their modes again, so a model is placed on what the host shows: a GPU in other modes is left out, or, if the model is on it, refused.
 */
export async function usableGpus(
  operation: Operation,
  args: AllocationArgs,
  { computed: { hostId, devices = [] } }: AllocationState,
): Promise<Usable> {
  const judged = await Promise.all(
    args.gpus.map(async (gpus, number) => {
      const access = args.hosts[number];
      if (!access || operation.declarations.of(access.identity.key)) return { gpus, failures: [], notes: [] };
      const { observation } = await operation.hosts.open(access);
      const path = `gpus[${number}]`;
      if (observation.hostId !== gpus.hostId)
        return { gpus, failures: [wrongHost(path, gpus.hostId, observation.hostId, access)], notes: [] };
      const other = otherModes(gpus.layout, observation);
      if (other.size === 0) return { gpus, failures: [], notes: [] };
      const said = { path, gpus: [...other.values()], stack: otherStackOf(access, args.identity) };
      const isUsed = hostId === gpus.hostId && devices.some((device) => other.has(device.gpu));
      return {
        gpus: without(gpus, other),
        failures: isUsed ? [say["model-on-other-modes"](said)] : [],
        notes: isUsed ? [] : [warning(say["gpus-in-other-modes"](said))],
      };
    }),
  );
  return {
    usable: { ...args, gpus: judged.map(({ gpus }) => gpus) },
    failures: judged.flatMap(({ failures }) => failures),
    notes: judged.flatMap(({ notes }) => notes),
  };
}

function wrongHost(path: string, wanted: string, found: string, access: HostAccessArgs): Message {
  return access.connection === undefined && access.local !== true
    ? say["no-way-to-host"]({ path, hostId: wanted })
    : say["handle-of-other-host"]({ path, hostId: wanted, found });
}

const otherStackOf = ({ identity: { key } }: HostAccessArgs, own: Identity): string | undefined => {
  const { project, stack } = parseKey(key);
  return key.startsWith(stackPrefix(own.key)) ? undefined : `${project}/${stack}`;
};

/** GPUs that are not as the handle says, each with a text of both. */
function otherModes(
  layout: Readonly<Record<Bdf, string>>,
  { gpus }: HostObservation,
): ReadonlyMap<Bdf, string> {
  const shown = new Map(gpus.map(({ gpu, modes }) => [gpu, modes && formatModes(modes)]));
  return new Map(
    Object.entries(layout).flatMap(([gpu, modes]) =>
      shown.get(gpu) === modes
        ? []
        : [[gpu, `${gpu} (${modes} in the handle, ${shown.get(gpu) ?? "absent"} on the host)`]],
    ),
  );
}

const without = (
  gpus: AllocationArgs["gpus"][number],
  left: ReadonlyMap<Bdf, string>,
): AllocationArgs["gpus"][number] => ({
  ...gpus,
  layout: Object.fromEntries(Object.entries(gpus.layout).filter(([gpu]) => !left.has(gpu))),
  partitions: gpus.partitions.filter(({ gpu }) => !left.has(gpu)),
  memoryDomains: gpus.memoryDomains.filter(({ gpu }) => !left.has(gpu)),
});

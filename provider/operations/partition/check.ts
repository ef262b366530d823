import type { OpenHost } from "../../access/host.ts";
import { HintedFailureError, tryReach } from "../../access/reachable.ts";
import { textOf } from "../../message.ts";
import { isWithoutDriver, unfinishedChange } from "../../partitioner/refuse/unfinished.ts";
import { accessIn, type HostAccessArgs } from "../../schema/allocation.ts";
import { partitionArgsSchema } from "../../schema/partition.ts";
import type { Properties } from "../../wire/handler.ts";
import { parseHint } from "../../wire/observation-hint.ts";
import { openPartitionKeys } from "../../wire/partition-outputs.ts";
import { sameValue } from "../../wire/unknowns.ts";
import { answerTo, type Checked, warning } from "../checked.ts";
import { viewOf } from "../host-view.ts";
import { readIdentity } from "../operation/keys.ts";
import { operationMessages } from "../operation/messages.ts";
import type { Operation } from "../operation/operation.ts";
import { type Computed, type PartitionState, readPartitionState } from "../state/partition-state.ts";
import { validate } from "../validate.ts";
import { partitionMessages as say } from "./messages.ts";
import { planOn } from "./plan-on.ts";
import { declaresSameLayout } from "./resolution.ts";

/** What is known of before, while the same is declared. Where the next boot is not observed, a unit is taken to be there still. */
const known = ({ computed }: PartitionState): Partial<Computed> => ({
  ...computed,
  ...(computed.atBoot && { atBoot: "installed" }),
});

/** The plan is made here, where preview sees it: what this returns as inputs is what dependants know. */
export async function checkPartition(
  operation: Operation,
  olds: Properties,
  news: Properties,
): Promise<Checked> {
  const before = readPartitionState(olds);
  const { declared, provider } = readPartitionState(news);
  const given = readIdentity(news["identity"]);
  const identity = given && operation.partitionKeys.claim(before.identity, given);
  const wanted = { ...declared, identity: identity ?? news["identity"] };
  const validated = validate(partitionArgsSchema, wanted);
  const answer = answerTo<Computed>(news, provider, (computed) =>
    openPartitionKeys(computed, declared["persist"]),
  );
  if (validated.state === "wrong") return answer(wanted, {}, { failures: validated.failures });
  if (validated.state === "unknown") {
    if (identity) operation.declarations.note(identity.key, { state: "unknown", access: undefined });
    return answer(wanted, {});
  }
  const { args } = validated;
  const { key, urn } = args.identity;
  const other = operation.partitionKeys.conflict(args.identity);
  if (other !== undefined)
    return answer(args, {}, { failures: [operationMessages["key-conflict"]({ key, urn, other })] });
  const access = accessIn(args);
  const host = await tryReach(() => hostWithHint(operation, access, news["observation"]));
  if (!host.reached) {
    const { reason } = host;
    if (host.mistake) return answer(args, {}, { failures: [say["host-refused"]({ reason })] });
    operation.declarations.note(key, { state: "unknown", access });
    const keeps =
      declaresSameLayout(before, declared) &&
      namesSameHost(before.declared, declared) &&
      before.computed.layout !== undefined;
    const note = say[keeps ? "unreachable-keeps-layout" : "unreachable-plans-later"]({ reason });
    return answer(args, keeps ? { status: "Success", ...known(before) } : {}, { notes: [warning(note)] });
  }
  const { observation } = viewOf(args.identity, host.value);
  if (!host.value.partitioner && isWithoutDriver(observation, key)) {
    operation.declarations.note(key, { state: "unknown", access });
    // Without a plan, which makes it a difference: nothing can be planned on a host without GPUs.
    const { plan: _plan, observed: _observed, deviceNodes: _nodes, status: _status, ...kept } = known(before);
    const change = textOf(unfinishedChange(observation, key));
    const isKnown = declaresSameLayout(before, declared) && before.computed.hostId === observation.hostId;
    return answer(args, isKnown ? kept : {}, {
      notes: [warning(say["driver-is-loaded-first"]({ change }))],
    });
  }
  const planned = planOn(operation, host.value, args, before);
  if (planned.failures.length > 0) return answer(args, {}, planned);
  return answer({ ...args, identity: planned.identity }, planned.computed, planned);
}

/**
 * Nothing is known of a host that does not answer and has another name or port than the host in state. State must keep the connection to
 * the former host, whose modes a replacement restores.
 */
const namesSameHost = (before: Properties, given: Properties): boolean => {
  const [then, now] = [before, given].map(({ connection }) => {
    const { host, port = SSH_PORT } = isObject(connection) ? connection : {};
    return [host, port];
  });
  return sameValue(then, now);
};

const SSH_PORT = 22;

const isObject = (value: unknown): value is Properties => typeof value === "object" && value !== null;

async function hostWithHint(operation: Operation, access: HostAccessArgs, hint: unknown): Promise<OpenHost> {
  const parsed = parseHint(hint);
  if (parsed && "failure" in parsed)
    throw new HintedFailureError(parsed.failure, parsed.mistake ? "mistake" : "unreachable");
  return operation.hosts.open(access, parsed?.observation);
}

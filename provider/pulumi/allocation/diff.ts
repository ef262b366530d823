import { gpuOf } from "../../topology/layout.ts";
import type { DiffOutcome, Properties } from "../handler.ts";
import { declaredBy } from "../operation.ts";
import { sameValue, UNKNOWN } from "../unknowns.ts";

const IGNORED: ReadonlySet<string> = new Set(["identity", "__provider"]);

/**
 * The engine asks twice. Once as usual; and once, before a GpuPartitionConfig is replaced, with `gpus` unknown and all
 * else as it was: "must you go first?". Yes, if the planned layout touches this model's GPUs. Both resources live in one
 * process, so the plan is at hand. The models on other GPUs stay.
 */
export function allocationDiff(olds: Properties, news: Properties): DiffOutcome {
  if (news["gpus"] === UNKNOWN) return drain(olds);
  const keys = new Set([...Object.keys(olds), ...Object.keys(news)]);
  const changes = [...keys].some(
    (key) => !IGNORED.has(key) && !sameValue(comparable(key, olds), comparable(key, news)),
  );
  const otherHost =
    olds["hostId"] !== undefined && news["hostId"] !== undefined && olds["hostId"] !== news["hostId"];
  return otherHost ? { changes: true, replaces: ["hostId"], deleteBeforeReplace: true } : { changes };
}

/** A configuration under another name is the same configuration. */
function comparable(key: string, properties: Properties): unknown {
  const hosts = properties[key];
  if (key !== "hosts" || !Array.isArray(hosts)) return hosts;
  return hosts.map((host: { readonly identity?: { readonly key?: string } }) => ({
    ...host,
    identity: host.identity?.key,
  }));
}

function drain(olds: Properties): DiffOutcome {
  const hosts = (olds["hosts"] ?? []) as readonly { readonly identity?: { readonly key?: string } }[];
  const devices = (olds["devices"] ?? []) as readonly { readonly id: string }[];
  const declared = hosts.flatMap((host) => declaredBy(host.identity?.key ?? "") ?? []);
  const plans = declared.filter((one) => one !== "unknown").filter((one) => one.hostId === olds["hostId"]);
  // A configuration that does not know its host yet changes nothing that could be drained now.
  if (declared.includes("unknown") && plans.length === 0) return { changes: false };
  const touched = new Set(plans.flatMap((one) => one.plan.blastRadius.gpus));
  // No plan for this host: the configuration has moved to another one, and its models go with it.
  const mustGo = plans.length === 0 || devices.some((device) => touched.has(gpuOf(device.id)));
  return mustGo ? { changes: true, replaces: ["gpus"], deleteBeforeReplace: true } : { changes: false };
}

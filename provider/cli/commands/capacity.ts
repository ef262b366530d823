import type { HostObservation } from "../../detection/observation.ts";
import { partitionableGpus } from "../../detection/observation.ts";
import type { CapacityHost } from "../../scheduler/capacity-layouts.ts";
import type { CapacityModel } from "../../scheduler/plan-capacity.ts";
import { planCapacity, resolveModel } from "../../standalone/lazy.ts";
import { ACCELERATORS } from "../../topology/accelerators.ts";
import { formatModes, type ModePair } from "../../topology/modes.ts";
import type { Answer } from "../answer.ts";
import type { HostOptions } from "../host-options.ts";
import { withHost } from "../reach.ts";
import { type ServingFlags, servingOptions } from "../serving-options.ts";
import type { Terminal } from "../terminal.ts";
import { capacityLines } from "../text/capacity.ts";
import { UsageError } from "../usage-error.ts";

export interface CapacityFlags extends HostOptions, ServingFlags {
  readonly host?: string;
}

const MOST_REPLICAS = 1000;

/** "meta-llama/Llama-3.1-8B-Instruct=2": two replicas. @throws UsageError */
export function parseReplicas(text: string): { readonly name: string; readonly replicas: number } {
  const [, name = "", count] = /^(.+?)(?:=(\d+))?$/s.exec(text) ?? [];
  const replicas = count === undefined ? 1 : Number(count);
  if (name === "" || name.includes("=") || replicas < 1 || replicas > MOST_REPLICAS)
    throw new UsageError(`"${text}" is no model: write name[=replicas], with 1 to ${MOST_REPLICAS} replicas`);
  return { name, replicas };
}

/** Which layouts of a host hold these models. */
export async function capacity(
  terminal: Terminal,
  texts: readonly string[],
  flags: CapacityFlags,
): Promise<Answer> {
  const wanted = texts.map(parseReplicas);
  const twice = wanted.find(({ name }, number) => wanted.findIndex((one) => one.name === name) !== number);
  if (twice) throw new UsageError(`${twice.name} is given twice; write ${twice.name}=2 for two replicas`);
  const options = servingOptions(flags);
  const host = await withHost(flags.host, flags, terminal, async ({ observation }) =>
    capacityHostOf(observation),
  );
  if (!host.ok) return { lines: [[host.error]], json: host, status: 1 };
  const models: Record<string, CapacityModel> = {};
  for (const { name, replicas } of wanted) {
    const model = await resolveModel(name);
    if (!model.ok) return { lines: [[model.error]], json: { ok: false, error: model.error }, status: 1 };
    models[name] = { ...options, model, ...(replicas > 1 && { replicas }) };
  }
  const answer = await planCapacity(models, [host.host]);
  if (!answer.ok) return { lines: [[answer.error]], json: answer, status: 1 };
  return { lines: capacityLines(host.host, answer), json: answer, status: answer.fits ? 0 : 1 };
}

type Hosted =
  | { readonly ok: true; readonly host: CapacityHost }
  | { readonly ok: false; readonly error: string };

/** The host as empty: only its GPUs and their modes count. */
function capacityHostOf(observation: HostObservation): Hosted {
  const gpus = partitionableGpus(observation);
  const kinds = new Set(gpus.map((gpu) => gpu.accelerator));
  const accelerator = ACCELERATORS.find(({ name }) => kinds.has(name))?.name;
  if (accelerator === undefined || kinds.size !== 1)
    return {
      ok: false,
      error:
        kinds.size > 1
          ? `the host has GPUs of several kinds (${[...kinds].join(", ")}); ask for one kind with --simulate`
          : "the host has no GPU of a kind that can be partitioned; ask for one with --simulate",
    };
  const now = mostCommon(gpus.flatMap((gpu) => gpu.modes ?? []));
  const name = observation.hostId;
  return { ok: true, host: { name, accelerator, gpus: gpus.length, ...(now && { now }) } };
}

function mostCommon(pairs: readonly ModePair[]): ModePair | undefined {
  const counts = new Map<string, number>();
  for (const pair of pairs) counts.set(formatModes(pair), (counts.get(formatModes(pair)) ?? 0) + 1);
  const most = Math.max(...counts.values());
  return pairs.find((pair) => counts.get(formatModes(pair)) === most);
}

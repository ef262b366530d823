import { type Bytes, bytes } from "../../../provider/bytes.ts";
import { lookupModel } from "../../../provider/models/catalog/catalog.ts";
import { resolveServing } from "../../../provider/models/memory/serving.ts";
import { claims, demandOf } from "../../../provider/scheduler/demand.ts";
import { reservesByHost } from "../../../provider/scheduler/occupancy/kernel-reserve.ts";
import { type Pool, poolOf } from "../../../provider/scheduler/occupancy/pool.ts";
import type { PlacementRequest } from "../../../provider/scheduler/request.ts";
import { scheduleOptionsSchema } from "../../../provider/schema/placement.ts";
import { acceleratorByName } from "../../../provider/topology/accelerators.ts";
import { buildLayout } from "../../../provider/topology/layout.ts";
import type { ComputeMode, MemoryMode } from "../../../provider/topology/modes.ts";
import { between, oneOf } from "./random.ts";

export interface Instance {
  readonly pool: Pool;
  readonly requests: readonly PlacementRequest[];
}

const address = (gpu: number): string => `0000:${(12 + gpu).toString(16).padStart(2, "0")}:00.0`;

/** Hosts of MI300X, all GPUs in one mode. */
export function mi300xPool(hosts: number, gpus: number, compute: ComputeMode, memory: MemoryMode): Pool {
  const accelerator = acceleratorByName("MI300X");
  const addresses = Array.from({ length: gpus }, (_, gpu) => address(gpu));
  const layout = buildLayout(
    addresses.map((gpu) => ({ ...accelerator, gpu })),
    new Map(addresses.map((gpu) => [gpu, { compute, memory }])),
  );
  return poolOf(
    Array.from({ length: hosts }, (_, host) => ({
      hostId: `host-${host.toString().padStart(4, "0")}`,
      layout,
    })),
  );
}

const request = (number: number, demand: ReadonlyMap<number, Bytes>): PlacementRequest => ({
  key: `model-${number.toString().padStart(5, "0")}`,
  demandByTensorParallel: demand,
  tensorParallel: "auto",
  strategy: "pack",
  exclusive: false,
});

/** Sizes that are shares of one device, of what models can have of it. */
function sharesOf(pool: Pool, shares: readonly number[]): readonly PlacementRequest[] {
  const [device] = pool.devices;
  const usable = (device?.capacity ?? 0) - (reservesByHost(pool).get(device?.hostId ?? "") ?? 0);
  return shares.map((share, number) => request(number, new Map([[1, bytes(Math.floor(usable * share))]])));
}

/** Models in threes that fill a device to the last byte: as many devices as threes, known beforehand (Falkenauer's idea). */
export function triplets(random: () => number, threes: number): Instance {
  const pool = mi300xPool(1, 8, "CPX", "NPS4");
  const shares = Array.from({ length: threes }, () => {
    const first = between(random, 380, 490);
    const second = between(random, 250, Math.floor((1000 - first) / 2));
    return [first, second, 1000 - first - second].map((share) => share / 1000);
  });
  return { pool, requests: sharesOf(pool, shares.flat()) };
}

/** Sizes from 2 to 16 of the 24 GiB of a device, all equally likely. */
export function uniform(random: () => number, count: number): Instance {
  const pool = mi300xPool(1, 8, "CPX", "NPS4");
  return {
    pool,
    requests: sharesOf(
      pool,
      Array.from({ length: count }, () => between(random, 200, 1600) / 2400),
    ),
  };
}

const MODELS = [
  "meta-llama/Llama-3.1-8B-Instruct",
  "meta-llama/Llama-3.2-3B",
  "Qwen/Qwen2.5-0.5B",
  "Qwen/Qwen2.5-1.5B",
  "Qwen/Qwen2.5-7B",
  "Qwen/Qwen2.5-14B",
  "Qwen/Qwen3-8B",
  "Qwen/Qwen3-32B",
  "google/gemma-2-9b",
  "mistralai/Mistral-7B-v0.1",
  "microsoft/phi-4",
] as const;
/** Pairs that MI300X permits. */
export const LAYOUTS = [
  ["SPX", "NPS1"],
  ["DPX", "NPS1"],
  ["DPX", "NPS2"],
  ["QPX", "NPS1"],
  ["QPX", "NPS4"],
  ["CPX", "NPS1"],
  ["CPX", "NPS4"],
] as const;

const demands = new Map<string, ReadonlyMap<number, Bytes>>();

/** A model of the catalog as somebody would serve it. */
function anyModel(random: () => number): ReadonlyMap<number, Bytes> {
  const id = oneOf(random, MODELS);
  const options = scheduleOptionsSchema.parse({
    precision: oneOf(random, ["native", "fp8"]),
    maxModelLen: oneOf(random, [2048, 4096, 8192]),
    maxNumSeqs: oneOf(random, [1, 2, 4, 8, 16]),
  });
  const key = JSON.stringify([id, options]);
  const known = demands.get(key);
  if (known) return known;
  const found = lookupModel(id);
  if (!found.ok) throw new Error(found.error);
  const demand = demandOf(found.model, resolveServing(found.model, options), {
    tensorParallel: "auto",
  });
  if (!demand.ok) throw new Error(demand.error);
  const claimed = new Map([...claims(demand.estimates)].filter(([ranks]) => ranks <= 8));
  demands.set(key, claimed);
  return claimed;
}

/** Models of the catalog, as many as one of 1 to 8 GPUs in any layout can hold by their bytes, at most `most`. */
export function realistic(random: () => number, most: number): Instance {
  const [compute, memory] = oneOf(random, LAYOUTS);
  const pool = mi300xPool(1, between(random, 1, 8), compute, memory);
  const total = pool.devices.reduce((sum, device) => sum + device.capacity, 0);
  const share = between(random, 40, 90) / 100;
  const requests: PlacementRequest[] = [];
  let left = total * share;
  while (requests.length < most) {
    const demand = anyModel(random);
    const least = Math.min(...[...demand].map(([ranks, each]) => ranks * each));
    if (least > left) break;
    left -= least;
    requests.push(request(requests.length, demand));
  }
  return { pool, requests };
}

/** Many hosts in CPX/NPS4 and many models of the catalog. */
export function fleetOf(random: () => number, hosts: number, models: number): Instance {
  return {
    pool: mi300xPool(hosts, 8, "CPX", "NPS4"),
    requests: Array.from({ length: models }, (_, number) => request(number, anyModel(random))),
  };
}

import { createRequire } from "node:module";

import type { Highs, InitOptions } from "highs";

import { reservesByHost } from "../../../provider/scheduler/occupancy/kernel-reserve.ts";
import type { Instance } from "./instances.ts";

// Its types speak of a default export, and its CommonJS module is the function itself.
const load = createRequire(import.meta.url)("highs") as (options?: InitOptions) => Promise<Highs>;

let loaded: Promise<Highs> | undefined;

const inGibibytes = (value: number): number => value / 2 ** 30;

/**
 * The fewest devices by another solver, HiGHS (MIT), as a whole number programme of its own: which request has which size on
 * which GPU, and how many bytes that is on each device; undefined when it does not finish in time. Only for instances in which all are placed in their fewest ranks.
 */
export async function oracle(
  { pool, requests }: Instance,
  ranks: ReadonlyMap<string, number>,
  seconds: number,
): Promise<number | undefined> {
  loaded ??= load();
  const highs = await loaded;
  const reserves = reservesByHost(pool);
  const gpus = [...new Set(pool.devices.map(({ hostId, gpu }) => `${hostId} ${gpu}`))];
  const devicesOf = gpus.map((name) =>
    pool.devices.flatMap(({ hostId, gpu }, number) => (`${hostId} ${gpu}` === name ? [number] : [])),
  );
  // In GiB: the solver allows a millionth of what it is given, and a thousandth of a MiB is nothing.
  const rows: string[] = [];
  const binaries: string[] = [];
  for (const [one, request] of requests.entries()) {
    const size = ranks.get(request.key) ?? 1;
    const homes = gpus.map((_, gpu) => `g${one}_${gpu}`);
    binaries.push(...homes);
    rows.push(`${homes.join(" + ")} = 1`);
    for (const [gpu, members] of devicesOf.entries()) {
      const places = members.map((device) => `x${one}_${device}`);
      binaries.push(...places);
      rows.push(`${places.join(" + ")} - ${size} g${one}_${gpu} = 0`);
    }
  }
  for (const [number, device] of pool.devices.entries()) {
    const room = inGibibytes(device.capacity - (reserves.get(device.hostId) ?? 0));
    const claims = requests.map((request, one) => {
      const bytes = request.demandByTensorParallel.get(ranks.get(request.key) ?? 1) ?? 0;
      return `${inGibibytes(bytes)} x${one}_${number}`;
    });
    rows.push(`${claims.join(" + ")} - ${room} y${number} <= 0`);
    binaries.push(`y${number}`);
    if (number > 0 && pool.devices[number - 1]?.gpu === device.gpu)
      rows.push(`y${number} - y${number - 1} <= 0`);
  }
  const text = `Minimize\n obj: ${pool.devices.map((_, number) => `y${number}`).join(" + ")}\nSubject To\n${rows
    .map((row, number) => ` c${number}: ${row}`)
    .join("\n")}\nBinary\n ${binaries.join("\n ")}\nEnd\n`;
  const answer = highs.solve(text, { time_limit: seconds });
  return answer.Status === "Optimal" ? Math.round(answer.ObjectiveValue) : undefined;
}

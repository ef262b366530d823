import { findViolations } from "../../../provider/scheduler/occupancy/violations.ts";
import { placeAll } from "../../../provider/scheduler/solver/place-all.ts";
import { reservationOf } from "../../../provider/scheduler/solver/placements.ts";
import { median } from "../median.ts";
import { table } from "../table.ts";
import { fleetOf } from "./instances.ts";
import { seeded } from "./random.ts";

/** Hosts of 64 devices each: 1k, 4k, 16k and 32k devices. */
const HOSTS = [16, 64, 256, 512];
const MODELS_AT_MOST = 10_000;

/** How the time grows with the fleet. */
export function growth(turns: number, signal: AbortSignal): readonly string[] {
  const rows: string[][] = [];
  let before: { readonly devices: number; readonly ms: number } | undefined;
  for (const hosts of HOSTS) {
    signal.throwIfAborted();
    const { pool, requests } = fleetOf(seeded(hosts), hosts, Math.round((MODELS_AT_MOST * hosts) / 512));
    const times: number[] = [];
    let result = placeAll(pool, [], requests);
    for (let turn = 0; turn < turns; turn++) {
      const start = performance.now();
      result = placeAll(pool, [], requests);
      times.push(performance.now() - start);
    }
    const broken = findViolations(pool, result.placements.map(reservationOf));
    if (broken.length > 0) throw new Error(`an invalid placement: ${broken[0]?.text}`);
    const devices = pool.devices.length;
    const ms = median(times);
    const work = devices * Math.log2(devices);
    const growth = before && ms / before.ms / (work / (before.devices * Math.log2(before.devices)));
    rows.push([
      devices.toString(),
      requests.length.toString(),
      result.placements.length.toString(),
      result.proof.devices.value.toString(),
      result.proof.devices.atLeast.toString(),
      ms.toFixed(0),
      growth === undefined ? "" : growth.toFixed(2),
      Math.round(process.memoryUsage().rss / 2 ** 20).toString(),
    ]);
    before = { devices, ms };
  }
  return [
    `Hosts of 8 x MI300X in CPX/NPS4 and models of the catalog, ${turns} turns after one that warms up, medians. The ratio is that of the time to the row above, divided by that of n log n of the devices.`,
    table(
      [
        "devices",
        "models",
        "placed",
        "devices used",
        "proven at least",
        "ms",
        "ratio to n log n",
        "resident MiB",
      ],
      rows,
    ),
  ];
}

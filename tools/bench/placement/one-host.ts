import { placeAll } from "../../../provider/scheduler/solver/place-all.ts";
import { median } from "../median.ts";
import { table } from "../table.ts";
import { fleetOf } from "./instances.ts";
import { seeded } from "./random.ts";

const INSTANCES = 50;

/** One host of 64 devices and so many models: the size that the node budget is made for. */
export function oneHost(signal: AbortSignal): readonly string[] {
  const rows = [10, 20, 40].map((models) => {
    const random = seeded(models);
    const times: number[] = [];
    let proven = 0;
    let refusing = 0;
    for (let number = 0; number < INSTANCES; number++) {
      signal.throwIfAborted();
      const { pool, requests } = fleetOf(random, 1, models);
      const start = performance.now();
      const { proof } = placeAll(pool, [], requests);
      times.push(performance.now() - start);
      proven += Number(proof.optimal);
      refusing += Number(proof.refused.value > 0);
    }
    return [
      models.toString(),
      `${proven} of ${INSTANCES}`,
      refusing.toString(),
      median(times).toFixed(1),
      Math.max(...times).toFixed(0),
    ];
  });
  return [
    "64 devices (8 x MI300X in CPX/NPS4), models of the catalog drawn at random, overfull hosts among them.",
    table(["models", "proven optimal", "with refusals", "median ms", "slowest ms"], rows),
  ];
}

import { openOccupancy } from "../../../provider/scheduler/occupancy/occupancy.ts";
import { costOf } from "../../../provider/scheduler/solver/cost.ts";
import { byWidth, fillFirst, vacateAll } from "../../../provider/scheduler/solver/greedy.ts";
import { type BatchResult, placeAll } from "../../../provider/scheduler/solver/place-all.ts";
import { workloadOf } from "../../../provider/scheduler/solver/workload.ts";
import { median } from "../median.ts";
import { table } from "../table.ts";
import { type Instance, realistic, triplets, uniform } from "./instances.ts";
import { oracle } from "./oracle.ts";
import { between, seeded } from "./random.ts";

interface Family {
  readonly name: string;
  readonly make: (random: () => number) => Instance;
}

const FAMILIES: readonly Family[] = [
  { name: "triplets, 6 to 39 requests", make: (random) => triplets(random, between(random, 2, 13)) },
  { name: "uniform, 5 to 40 requests", make: (random) => uniform(random, between(random, 5, 40)) },
  {
    name: "models of the catalog, 1 to 8 GPUs, every layout, up to 40 requests",
    make: (random) => realistic(random, between(random, 5, 40)),
  },
];

/** The other solver takes minutes for what is large: it is asked for instances up to so many requests. */
const ORACLE_REQUESTS = 12;
const ORACLE_SECONDS = 5;
const ORACLE_SHARE = 4;

/** First fit decreasing, as anybody would write it. */
function firstFit({ pool, requests }: Instance): { readonly refused: number; readonly devices: number } {
  const occupancy = openOccupancy(pool, []);
  const workloads = requests.map((request) => workloadOf(occupancy, request));
  const packing = fillFirst(occupancy, byWidth(workloads));
  vacateAll(occupancy, packing.assignments);
  return costOf(occupancy, packing);
}

interface Tally {
  readonly proven: number;
  readonly worse: number;
  readonly better: number;
  readonly gaps: readonly number[];
  readonly times: readonly number[];
  readonly asked: number;
  readonly agreed: number;
}

async function measure(family: Family, instances: number, signal: AbortSignal): Promise<Tally> {
  const random = seeded(20_261_125);
  const tally = { proven: 0, worse: 0, better: 0, asked: 0, agreed: 0 };
  const gaps: number[] = [];
  const times: number[] = [];
  for (let number = 0; number < instances; number++) {
    signal.throwIfAborted();
    const instance = family.make(random);
    const start = performance.now();
    const result = placeAll(instance.pool, [], instance.requests);
    times.push(performance.now() - start);
    const { proof } = result;
    tally.proven += Number(proof.optimal);
    gaps.push(proof.optimal ? 0 : proof.devices.value - proof.devices.atLeast);
    const plain = firstFit(instance);
    const difference = plain.refused - proof.refused.value || Math.sign(plain.devices - proof.devices.value);
    tally.worse += Number(difference < 0);
    tally.better += Number(difference > 0);
    const other = await second(instance, result, number);
    tally.asked += Number(other !== undefined);
    tally.agreed += Number(other === proof.devices.value);
  }
  return { ...tally, gaps, times };
}

/** What another solver says, where it is asked and answers. */
async function second(instance: Instance, result: BatchResult, number: number): Promise<number | undefined> {
  const { refused, extraRanks } = result.proof;
  const fair = refused.value === 0 && extraRanks.value === 0 && instance.requests.length <= ORACLE_REQUESTS;
  if (!fair || number % ORACLE_SHARE !== 0) return undefined;
  const ranks = new Map(result.placements.map(({ key, tensorParallel }) => [key, tensorParallel]));
  return oracle(instance, ranks, ORACLE_SECONDS);
}

/** How good placements are, family by family. */
export async function quality(instances: number, signal: AbortSignal): Promise<readonly string[]> {
  const rows: string[][] = [];
  for (const family of FAMILIES) {
    const { proven, worse, better, gaps, times, asked, agreed } = await measure(family, instances, signal);
    rows.push([
      family.name,
      `${proven} of ${instances}`,
      Math.max(...gaps).toString(),
      `${agreed} of ${asked}`,
      better.toString(),
      worse.toString(),
      median(times).toFixed(1),
      Math.max(...times).toFixed(0),
    ]);
  }
  return [
    `Seeded instances. "Proven" is what the answer itself says, and a bound of its own proves. HiGHS, another exact solver, is asked about every fourth instance of at most ${ORACLE_REQUESTS} requests in which all are placed in their fewest ranks, for ${ORACLE_SECONDS} s each; the column counts those it finished and those in which it found the same number of devices. First fit decreasing takes the widest first.`,
    table(
      [
        "family",
        "proven optimal",
        "largest gap, devices",
        "same as HiGHS",
        "better than first fit",
        "worse than first fit",
        "median ms",
        "slowest ms",
      ],
      rows,
    ),
  ];
}

import { cacheTable } from "./accuracy/cache-table.ts";
import { errorWith, fitWithout } from "./accuracy/leave-one-out.ts";
import { estimateOfLog, withoutKvCache } from "./accuracy/ours.ts";
import { PEERS } from "./accuracy/peers.ts";
import { percent } from "./accuracy/percent.ts";
import {
  bestOf,
  MEASURED,
  relativeError,
  restOf,
  score,
  scoreOfRest,
  type TotalLog,
  TOTALS,
} from "./accuracy/score.ts";
import { weightsTable } from "./accuracy/weights-table.ts";
import type { Section } from "./section.ts";
import { table } from "./table.ts";

const GIBI = 1024 ** 3;

export interface Contender {
  readonly name: string;
  readonly formula: string;
  readonly estimate: (log: TotalLog) => number;
  readonly rest: (log: TotalLog) => number;
}

const OURS: Contender = {
  name: "this package",
  formula: "docs/models.md",
  estimate: bestOf,
  rest: (log) => withoutKvCache(log).best / GIBI,
};

/** GiB without the KV cache with constants that were fitted without this log. */
const leftOut = (log: TotalLog): number => restOf(log) * (1 + errorWith(log, fitWithout(log)));

/** The same formulas, with constants fitted without the log that is judged. */
export const LEFT_OUT: Contender = {
  name: "this package, left out",
  formula: "each log by constants that were fitted without it",
  estimate: (log) => bestOf(log) - OURS.rest(log) + leftOut(log),
  rest: leftOut,
};

export const CONTENDERS: readonly Contender[] = [
  OURS,
  LEFT_OUT,
  ...PEERS.map(({ name, formula, estimate, kvCache }) => ({
    name,
    formula,
    estimate,
    rest: (log: TotalLog) => estimate(log) - (kvCache?.(log) ?? 0),
  })),
];

/** The columns in which formulas are compared. */
export const COLUMNS = {
  "mean error %": ({ estimate }: Contender) => score(TOTALS, estimate).meanError,
  "worst %": ({ estimate }: Contender) => score(TOTALS, estimate).worst,
  "without KV, CUDA %": ({ rest }: Contender) => scoreOfRest(on("CUDA"), rest).meanError,
  "without KV, ROCm %": ({ rest }: Contender) => scoreOfRest(on("ROCm"), rest).meanError,
} as const;

const on = (platform: "CUDA" | "ROCm"): readonly TotalLog[] =>
  MEASURED.filter((log) => log.platform === platform);

function totals(): string {
  return table(
    ["log", "model", "card", "measured GiB", "low", "best", "high", "error %", "within", "constants from it"],
    TOTALS.map((log) => {
      const { low, best, high } = estimateOfLog(log);
      const sizes = [low, best, high].map((value) => (value / GIBI).toFixed(2));
      const within = low <= log.total * GIBI && log.total * GIBI <= high;
      const constants = [...log.fitted, ...log.fittedBounds.map((bound) => `${bound} (a bound)`)];
      return [
        log.label,
        log.model.id,
        log.card,
        log.total.toFixed(2),
        ...sizes,
        percent(relativeError(best / GIBI, log.total)),
        within ? "yes" : "no",
        constants.join(", "),
      ];
    }),
  );
}

function scores(): string {
  return table(
    ["formula", ...Object.keys(COLUMNS), "what it is"],
    CONTENDERS.map((contender) => [
      contender.name,
      ...Object.values(COLUMNS).map((column) => (column(contender) * 100).toFixed(2)),
      contender.formula,
    ]),
  );
}

/** What is left when the KV cache is taken from both sides. */
function rest(): string {
  return table(
    ["log", "platform", "measured without KV", "low", "best", "high", "error %", "left out %"],
    [
      ...TOTALS.map((log) => {
        const { low, best, high } = withoutKvCache(log);
        const measured = restOf(log);
        const atMost = log.measuredAtMost !== undefined;
        return [
          log.label,
          log.platform,
          `${atMost ? "at most " : ""}${measured.toFixed(2)}`,
          ...[low, best, high].map((value) => (value / GIBI).toFixed(2)),
          atMost ? "" : percent(relativeError(best / GIBI, measured)),
          atMost ? "" : percent(relativeError(leftOut(log), measured)),
        ];
      }),
      ...(["CUDA", "ROCm"] as const).map((platform) => {
        const mean = (contender: Contender) => scoreOfRest(on(platform), contender.rest).meanError * 100;
        return ["mean", platform, "", "", "", "", mean(OURS).toFixed(2), mean(LEFT_OUT).toFixed(2)];
      }),
    ],
  );
}

function perLog(): string {
  return table(
    ["error % of", ...TOTALS.map(({ label }) => label)],
    CONTENDERS.map(({ name, estimate }) => [
      name,
      ...TOTALS.map((log) => percent(relativeError(estimate(log), log.total))),
    ]),
  );
}

export const accuracy: Section = {
  name: "accuracy",
  title: "How near the memory estimate comes to what engines logged",
  run: async () =>
    Promise.resolve([
      "Totals of one rank: what vLLM said it had accounted for, with a KV cache as large as it had there. Nothing is measured here: the logs are public, and none of them is of an AMD partition.",
      totals(),
      `Mean absolute error over ${TOTALS.length} logs, and over the ${MEASURED.length} of them that tell what is not KV cache. A formula that counts no KV cache appears as published and, "+ KV", with the logged one lent to it.`,
      scores(),
      "Log by log:",
      perLog(),
      "Without the KV cache, which is most of the memory and which every formula that counts it counts alike. Left out: by the copies of the logits, the runtime and the communication that a grid search finds best for all other logs of the same kind of GPU.",
      rest(),
      ...weightsTable(),
      ...cacheTable(),
    ]),
};

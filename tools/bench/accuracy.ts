import { estimateOfLog, withoutKvCache } from "./accuracy/ours.ts";
import { PEERS } from "./accuracy/peers.ts";
import {
  bestOf,
  FITTED,
  JUDGES,
  relativeError,
  restOf,
  score,
  scoreOfRest,
  TOTALS,
} from "./accuracy/score.ts";
import type { Section } from "./section.ts";
import { table } from "./table.ts";

const GIBI = 1024 ** 3;

const percent = (value: number): string => `${value > 0 ? "+" : ""}${(value * 100).toFixed(1)}`;

const CONTENDERS = [{ name: "this package", formula: "docs/models.md", estimate: bestOf }, ...PEERS];

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
    [
      "formula",
      "mean error %",
      "worst %",
      `of ${JUDGES.length} judges`,
      `of ${FITTED.length} fitted`,
      "what it is",
    ],
    CONTENDERS.map(({ name, formula, estimate }) => {
      const all = score(TOTALS, estimate);
      const means = [
        all.meanError,
        all.worst,
        score(JUDGES, estimate).meanError,
        score(FITTED, estimate).meanError,
      ];
      return [name, ...means.map((value) => (value * 100).toFixed(2)), formula];
    }),
  );
}

/** What is left when the KV cache is taken from both sides. */
function rest(): string {
  return table(
    ["log", "platform", "measured without KV", "low", "best", "high", "error %"],
    [
      ...TOTALS.map((log) => {
        const { low, best, high } = withoutKvCache(log);
        return [
          log.label,
          log.platform,
          restOf(log).toFixed(2),
          ...[low, best, high].map((value) => (value / GIBI).toFixed(2)),
          percent(relativeError(best / GIBI, restOf(log))),
        ];
      }),
      ...(["CUDA", "ROCm"] as const).map((platform) => {
        const { meanError } = scoreOfRest(TOTALS.filter((log) => log.platform === platform));
        return ["mean", platform, "", "", "", "", (meanError * 100).toFixed(2)];
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
      `Mean absolute error over ${TOTALS.length} logs. No constant of the best guess is from the ${JUDGES.length} that judge. A formula that counts no KV cache appears as published and, "+ KV", with the logged one lent to it.`,
      scores(),
      "Log by log:",
      perLog(),
      "Without the KV cache, which is most of the memory and which every formula that counts it counts alike:",
      rest(),
    ]),
};

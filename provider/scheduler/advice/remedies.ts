import { blocksOf, KV_BLOCK_TOKENS } from "../../models/memory/kv-cache/block-tokens.ts";
import { resolveServing } from "../../models/memory/serving.ts";
import { legalTensorParallel, MOST_RANKS, quantisationLayout } from "../../models/memory/tensor-parallel.ts";
import { kvElementBytes, lowerPrecisions, resolvePrecision } from "../../models/shape/precision.ts";
import type { ScheduleOptions } from "../../schema/placement.ts";
import { layoutRemedies } from "./layout-remedies.ts";
import { remedyMessages as say } from "./messages.ts";
import { fits, type PlacementProblem, placeWith } from "./placement-problem.ts";
import type { Remedy } from "./remedy.ts";

/** All single changes that make a refused model fit, those that cost the user least first. */
export function findRemedies(problem: PlacementProblem): readonly Remedy[] {
  return [
    ...servingRemedies(problem),
    ...precisionRemedies(problem),
    ...placementRemedies(problem),
    ...(problem.fleetRemedies ?? []),
    ...layoutRemedies(problem),
  ];
}

/** Smaller limits of what the engine holds at once. */
export function servingRemedies(problem: PlacementProblem): readonly Remedy[] {
  const { maxModelLen, maxNumSeqs, kvCacheTokens } = resolveServing(problem.shape, problem.options);
  const budget = largest(blocksOf(maxModelLen), blocksOf(kvCacheTokens) - 1, (count) =>
    fits(problem, { kvCacheTokens: count * KV_BLOCK_TOKENS }),
  );
  const sequences = largest(1, maxNumSeqs - 1, (count) => fits(problem, { maxNumSeqs: count }));
  const length = largest(1, blocksOf(maxModelLen) - 1, (count) =>
    fits(problem, { maxModelLen: count * KV_BLOCK_TOKENS }),
  );
  return [
    ...numeric("kvCacheTokens", budget && budget * KV_BLOCK_TOKENS),
    ...numeric("maxNumSeqs", sequences),
    ...numeric("maxModelLen", length && length * KV_BLOCK_TOKENS),
  ];
}

function precisionRemedies(problem: PlacementProblem): readonly Remedy[] {
  const { shape, options } = problem;
  const dtype = resolvePrecision(shape, options.precision);
  const kv = kvElementBytes(options.kvCacheDtype, dtype) > 1 && fits(problem, { kvCacheDtype: "fp8" });
  const precision = lowerPrecisions(dtype).find((lower) => fits(problem, { precision: lower }));
  return [
    ...(kv ? [remedy("kvCacheDtype", "fp8")] : []),
    ...(precision === undefined ? [] : [remedy("precision", precision)]),
  ];
}

function placementRemedies(problem: PlacementProblem): readonly Remedy[] {
  const { shape, options } = problem;
  const remedies: Remedy[] = [];
  if (options.span !== "host" && fits(problem, { span: "host" })) remedies.push(spanRemedy(problem));
  const asked = options.tensorParallel;
  if (asked !== "auto") {
    const layout = quantisationLayout(shape, resolvePrecision(shape, options.precision));
    const legal = legalTensorParallel(shape, layout, MOST_RANKS[options.span ?? "gpu"]).filter(
      (size) => size !== asked,
    );
    // More ranks need less of each device; fewer need fewer devices.
    const sizes = [
      ...legal.filter((size) => size > asked),
      ...legal.filter((size) => size < asked).toReversed(),
    ];
    const size = sizes.find((tensorParallel) => fits(problem, { tensorParallel }));
    if (size !== undefined) remedies.push(remedy("tensorParallel", size));
  }
  if (options.pin && fits(problem, { pin: undefined })) {
    remedies.push({ property: "pin", value: "none", ...say["drop-pin"]() });
  }
  if (options.exclusive && fits(problem, { exclusive: false })) {
    remedies.push({ property: "exclusive", value: "false", ...say["drop-exclusive"]() });
  }
  return remedies;
}

function spanRemedy(problem: PlacementProblem): Remedy {
  const devices = placeWith(problem, { span: "host" })?.devices ?? [];
  const gpus = new Set(devices.map((device) => device.gpu)).size;
  return { property: "span", value: "host", ...say["span-host"]({ devices: devices.length, gpus }) };
}

/** The largest whole number for which `holds`, by halving: what holds for a number holds for all smaller ones. */
function largest(low: number, high: number, holds: (value: number) => boolean): number | undefined {
  if (low > high || !holds(low)) return undefined;
  let [known, unknown] = [low, high];
  while (known < unknown) {
    const middle = Math.ceil((known + unknown) / 2);
    if (holds(middle)) known = middle;
    else unknown = middle - 1;
  }
  return known;
}

const remedy = (property: keyof ScheduleOptions, value: number | string): Remedy => ({
  property,
  value,
  ...say["change-option"]({ property, value }),
});

const numeric = (property: keyof ScheduleOptions, value: number | undefined): readonly Remedy[] =>
  value === undefined ? [] : [remedy(property, value)];

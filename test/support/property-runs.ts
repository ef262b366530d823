import * as fc from "fast-check";

/** How many of its runs a property makes: all of them in CI, a fifth elsewhere, or what PROPERTY_RUNS says ("1", "0.2", "10"). */
const share = Number(process.env["PROPERTY_RUNS"] ?? (process.env["CI"] === "true" ? 1 : 0.2));

/** @param all runs in CI. */
export const runs = (all: number): number => Math.max(1, Math.ceil(all * share));

/** As vitest's setup file: properties that name no number of runs take fast-check's 100, or their share of it. */
fc.configureGlobal({ ...fc.readConfigureGlobal(), numRuns: runs(100) });

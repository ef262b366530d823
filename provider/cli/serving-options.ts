import { type ScheduleOptionsArgs, scheduleOptionsSchema } from "../schema/placement.ts";
import { problemsOf } from "../schema/sentences.ts";
import { UsageError } from "./usage-error.ts";

/** How a model is served, as it stands on the command line; the names are those of vLLM's flags. */
export interface ServingFlags {
  readonly precision?: string;
  readonly kvCacheDtype?: string;
  readonly maxModelLen?: string;
  readonly maxNumSeqs?: string;
  readonly maxNumBatchedTokens?: string;
  readonly tensorParallel?: string;
  readonly engine?: string;
}

const NUMBERS = new Set(["maxModelLen", "maxNumSeqs", "maxNumBatchedTokens", "tensorParallel"]);
const NAMES = ["precision", "kvCacheDtype", "engine", ...NUMBERS] as const;

const flagOf = (name: string): string => `--${name.replaceAll(/[A-Z]/g, (sign) => `-${sign.toLowerCase()}`)}`;

/** The same words as in a ModelAllocation, judged by the same schema. @throws UsageError */
export function servingOptions(flags: ServingFlags): ScheduleOptionsArgs {
  const given = Object.fromEntries(
    NAMES.flatMap((name) => {
      const text = flags[name as keyof ServingFlags];
      if (text === undefined) return [];
      return [[name, NUMBERS.has(name) && /^\d{1,15}$/.test(text) ? Number(text) : text]];
    }),
  );
  const parsed = scheduleOptionsSchema.safeParse(given);
  if (parsed.success) return given;
  const [first] = problemsOf(parsed.error, given);
  const name = String(first?.path[0] ?? "");
  throw new UsageError(first?.message.replace(name, flagOf(name)) ?? "the options do not fit together");
}

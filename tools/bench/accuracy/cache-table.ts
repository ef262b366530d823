import { layerKindsOf } from "../../../provider/models/shape/layer-kinds.ts";
import { table } from "../table.ts";
import type { EngineLog } from "./engine-log.ts";
import { LOGS } from "./logs.ts";
import { bytesPerToken, kvOfLog } from "./ours.ts";

const GIBI = 1024 ** 3;

/** A log that says how large its cache is and what it holds. */
export type CacheLog = EngineLog & { readonly kvCache: number };

export const CACHED: readonly CacheLog[] = LOGS.filter(
  (log): log is CacheLog => log.kvCache !== undefined && heldBy(log) !== undefined,
);

/** What it holds, as its log says it. */
function heldBy({ kvTokens, kvGroupTokens, kvSequences }: EngineLog): string | undefined {
  if (kvGroupTokens !== undefined) return `${kvGroupTokens} tokens a group`;
  if (kvSequences !== undefined) return `${kvSequences} sequences`;
  return kvTokens === undefined ? undefined : `${kvTokens} tokens`;
}

/** How layers of the model keep a sequence. */
export function attentionOf({ model }: EngineLog): string {
  const names = new Set(
    layerKindsOf(model).map(({ mixer }) => {
      if (mixer.kind !== "attention") return NAMES[mixer.kind];
      if (mixer.cache === "shared") return "shared cache";
      if (mixer.window !== undefined) return "window";
      return mixer.chunk === undefined ? "whole context" : "chunk";
    }),
  );
  return [...names].join(", ");
}

const NAMES = {
  latent: "latent",
  compressed: "compressed",
  delta: "delta state",
  mamba: "Mamba-2 state",
  convolution: "short convolution",
  linear: "linear state",
  none: "none",
} as const;

/**
 * GiB by which what a log printed can be off: half its last digit, half that of its number of sequences, and blocks that are left
 * when all groups have the same number.
 */
export function printedDigits(log: CacheLog): number {
  const perSequence = log.kvSequences === undefined ? 0 : (log.kvCache * 0.005) / log.kvSequences;
  const groups = log.kvGroupTokens === undefined ? 0 : (64 * bytesPerToken(log)) / GIBI;
  return 0.0061 + perSequence + groups;
}

export const isExact = (log: CacheLog): boolean =>
  Math.abs(kvOfLog(log).best / GIBI - log.kvCache) <= printedDigits(log);

export function cacheTable(): readonly string[] {
  return [
    "KV cache: what its logged contents take, for every kind of attention that a log shows.",
    table(
      ["log", "model", "layers keep", "holds", "logged GiB", "computed GiB", "exact"],
      CACHED.map((log) => [
        log.label,
        log.model.id,
        attentionOf(log),
        heldBy(log) ?? "",
        log.kvCache.toFixed(2),
        (kvOfLog(log).best / GIBI).toFixed(2),
        isExact(log) ? "yes" : (log.except?.kvCache ?? "no"),
      ]),
    ),
  ];
}

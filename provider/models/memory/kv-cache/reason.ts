import type { ModelShape } from "../../shape/shape.ts";
import type { Serving } from "../serving.ts";
import type { CacheLayers } from "./cache-layers.ts";
import type { CachePlan } from "./cache-plan.ts";
import { isGuarantee, sequencesAtLength } from "./held-blocks.ts";

interface Cache {
  readonly shape: ModelShape;
  readonly serving: Serving;
  readonly kinds: readonly CacheLayers[];
  readonly plan: CachePlan;
  /** Bytes of a token in all layers that keep tokens. */
  readonly perToken: number;
}

/** What the size of a cache is made of, one sentence. */
export function kvExtent({ shape, serving, kinds, plan, perToken }: Cache): string {
  if (kinds.length === 0) return `${shape.id} has no KV cache`;
  const { maxModelLen, maxNumSeqs } = serving;
  const sequences = sequencesAtLength(serving, plan.blockTokens);
  const tokens = Math.round(sequences * Math.ceil(maxModelLen / plan.blockTokens)) * plan.blockTokens;
  const extent = isGuarantee(serving)
    ? `${maxNumSeqs} sequences of ${maxModelLen}`
    : `a budget, ${Math.floor(sequences)} of ${maxNumSeqs} sequences can reach ${maxModelLen}`;
  return [
    `${tokens} tokens of ${Math.ceil(perToken)} bytes: ${extent}`,
    ...kinds.flatMap((kind) => bounded(kind, shape, plan)),
    ...padding(kinds, plan),
  ].join("; ");
}

function bounded(
  { reach, layers, bytes }: CacheLayers,
  shape: ModelShape,
  plan: CachePlan,
): readonly string[] {
  const of = `${layers} of ${shape.layers} layers`;
  switch (reach.kind) {
    case "all":
      return [];
    case "state": {
      const [pool] = plan.pools;
      const page = pool ? pool.blockBytes / pool.rows : bytes;
      return [`${of} keep ${Math.ceil(page)} bytes of state per sequence instead`];
    }
    case "window":
      return [`${of} cache only their window of ${reach.tokens} tokens`];
    case "chunk":
      return [`${of} cache only their chunk of ${reach.tokens} tokens`];
  }
}

/** Groups of one number of layers leave some without a layer. */
function padding(kinds: readonly CacheLayers[], plan: CachePlan): readonly string[] {
  const [pool] = plan.pools;
  if (!pool || pool.groups.length < 2) return [];
  const groups = pool.groups.reduce((sum, { count }) => sum + count, 0);
  const padded = groups * pool.rows - kinds.reduce((sum, { layers }) => sum + layers, 0);
  return padded === 0
    ? []
    : [`vLLM makes ${groups} groups of ${pool.rows} layers and pads them with ${padded} layers`];
}

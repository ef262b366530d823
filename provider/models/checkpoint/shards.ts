import { UnreadableCheckpointError } from "../../errors.ts";
import type { CheckpointFile, CheckpointFiles } from "./files.ts";
import { LIMITS } from "./limits.ts";
import { readJson } from "./read-json.ts";

const INDEX = "model.safetensors.index.json";
const SINGLE = "model.safetensors";

/** What transformers would load. Some repositories hold the same weights twice, as `consolidated` files beside it. */
export async function shardsOf(
  files: CheckpointFiles,
  listed: readonly CheckpointFile[],
): Promise<{ readonly shards: readonly CheckpointFile[]; readonly doubts: readonly string[] }> {
  const bySize = new Map(listed.map((file) => [file.name, file]));
  const index = bySize.get(INDEX);
  if (index) return indexedShards(files, index, bySize);
  const single = bySize.get(SINGLE);
  if (single) return { shards: [single], doubts: [] };
  const shards = listed.filter(
    ({ name }) => name.endsWith(".safetensors") && !name.startsWith("consolidated"),
  );
  if (shards.length > LIMITS.shards) throw tooMany(files.place, shards.length);
  if (shards.length === 0) {
    throw new UnreadableCheckpointError(files.place, `has only consolidated files and no ${SINGLE}`);
  }
  return {
    shards,
    doubts:
      shards.length === 1
        ? []
        : [`${files.place} has no ${INDEX}; all ${shards.length} safetensors files are counted`],
  };
}

async function indexedShards(
  files: CheckpointFiles,
  index: CheckpointFile,
  bySize: ReadonlyMap<string, CheckpointFile>,
): Promise<{ readonly shards: readonly CheckpointFile[]; readonly doubts: readonly string[] }> {
  const path = `${files.place}/${INDEX}`;
  const parsed = (await readJson(files, index, "indexBytes")) as { weight_map?: unknown } | null;
  const map = parsed?.weight_map;
  if (typeof map !== "object" || map === null || Array.isArray(map)) {
    throw new UnreadableCheckpointError(path, "has no weight_map");
  }
  const names = [...new Set<unknown>(Object.values(map))];
  if (names.length > LIMITS.shards) throw tooMany(files.place, names.length);
  const shards = names.map((name) => {
    // Only names that were listed are ever opened, so that no index leads out of its folder.
    const shard = typeof name === "string" ? bySize.get(name) : undefined;
    if (shard) return shard;
    throw new UnreadableCheckpointError(
      path,
      `names ${JSON.stringify(name)?.slice(0, 80)}, which does not exist: the checkpoint is incomplete`,
    );
  });
  return { shards, doubts: [] };
}

const tooMany = (place: string, count: number): UnreadableCheckpointError =>
  new UnreadableCheckpointError(place, `has ${count} safetensors files; at most ${LIMITS.shards} are read`);

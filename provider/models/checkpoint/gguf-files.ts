import { UnreadableCheckpointError } from "../../errors.ts";
import type { CheckpointFile, CheckpointFiles } from "./files.ts";
import { LIMITS } from "./limits.ts";

/** "name-00001-of-00003.gguf": one model in several files. */
const SPLIT = /^(?<base>.+)-\d{5}-of-\d{5}\.gguf$/;

const SHOWN = 5;

/**
 * The files of the one model in a folder, the first part first; none when there is no GGUF file and none was asked for.
 *
 * @param choice the quantisation that the names end in, "Q4_K_M", or the name of a file; in any letter case
 * @throws UnreadableCheckpointError when several models are left, or none is what was asked for
 */
export function ggufFiles(
  { place, choosing = "give the path of one of them" }: CheckpointFiles,
  listed: readonly CheckpointFile[],
  choice?: string,
): readonly CheckpointFile[] {
  const all = listed.filter(({ name }) => name.endsWith(".gguf") && !name.startsWith("mmproj"));
  const models = [...new Set(all.map(({ name }) => modelOf(name)))];
  const meant = choice === undefined ? models : models.filter((model) => isChosen(model, choice));
  if (choice !== undefined && meant.length === 0) {
    const there = models.length === 0 ? "no GGUF file at all" : `${models.length}: ${some(models)}`;
    throw new UnreadableCheckpointError(place, `has no GGUF file for ${choice}; it has ${there}`);
  }
  if (meant.length > 1) {
    throw new UnreadableCheckpointError(
      place,
      `holds ${meant.length} models as GGUF files${choice === undefined ? "" : ` for ${choice}`} (${some(meant)}): ${choosing}`,
    );
  }
  const files = all.filter(({ name }) => modelOf(name) === meant[0]);
  if (files.length > LIMITS.shards) {
    throw new UnreadableCheckpointError(
      place,
      `has ${files.length} GGUF files; at most ${LIMITS.shards} are read`,
    );
  }
  return files.toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

const modelOf = (name: string): string => SPLIT.exec(name)?.groups?.["base"] ?? name;

const some = (names: readonly string[]): string =>
  `${names.slice(0, SHOWN).join(", ")}${names.length > SHOWN ? ", …" : ""}`;

const bare = (name: string): string => modelOf(name.toLowerCase()).replace(/\.gguf$/, "");

/** "Llama-Q4_K_M.gguf" is meant by its name and by "Q4_K_M", and not by "K_M". */
function isChosen(model: string, choice: string): boolean {
  const [name, wanted] = [bare(model), bare(choice)];
  return name === wanted || name.endsWith(`-${wanted}`) || name.endsWith(`.${wanted}`);
}

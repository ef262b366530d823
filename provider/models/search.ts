import { UnreadableCheckpointError } from "../errors.ts";
import { catalogIds } from "./catalog/catalog.ts";
import { editDistance } from "./catalog/suggest.ts";
import type { CheckpointFiles } from "./checkpoint/files.ts";
import { readCheckpoint } from "./checkpoint/read-checkpoint.ts";
import { found } from "./found.ts";
import type { ResolveOptions } from "./resolve-options.ts";
import type { FoundModel, ModelStep } from "./shape/shape.ts";
import { directoryFiles } from "./sources/directory.ts";
import { HubUnreachableError } from "./sources/hub-error.ts";
import { parseHubName } from "./sources/hub-name.ts";
import { hubFiles } from "./sources/hub.ts";
import { shapeOfName } from "./sources/name-guess.ts";

/** Most letters by which a mistyped id differs from the right one. */
const TYPING_MISTAKES = 2;

/**
 * The shape of a model that the catalog does not have: in a local directory, on the Hub, or guessed by its name, in this order. Loaded
 * on first use: most programs name models of the catalog, and reading checkpoints takes two dozen files.
 *
 * @param unknown what the catalog answered.
 */
export async function search(name: string, unknown: string, options: ResolveOptions): Promise<FoundModel> {
  try {
    const directory = await directoryFiles(name);
    if (directory) return await readFrom(name, directory, "directory");
    if (isPath(name) && parseHubName(name)?.choice === undefined) return refused(missingPath(name));
    const mistyped = catalogIds().some(
      (id) => editDistance(id.toLowerCase(), name.toLowerCase()) <= TYPING_MISTAKES,
    );
    const hub = await askHub(name, options);
    if (hub.found) return await readFrom(name, hub.files, "hub", parseHubName(name)?.choice);
    const guessed = mistyped ? undefined : shapeOfName(name);
    if (!guessed) return refused(`${unknown} It was not read from the Hugging Face Hub: ${hub.why}.`);
    const doubts = [`${guessed.doubts?.join("; ")}. It was not read from the Hugging Face Hub: ${hub.why}`];
    return found({ ...guessed, doubts }, "name", `guessed from the name ${name}`);
  } catch (error) {
    if (error instanceof UnreadableCheckpointError) return refused(`model ${name}: ${error.message}`);
    if (error instanceof HubUnreachableError) {
      return {
        ok: false,
        transient: true,
        error: `${unknown} ${capitalised(error.message)}; trying again may help.`,
      };
    }
    throw error;
  }
}

async function askHub(name: string, { hub }: ResolveOptions) {
  if (hub === "off") return { found: false, why: 'hub is "off"' } as const;
  const asked = parseHubName(name);
  if (!asked) return { found: false, why: `"${name}" is not of the form owner/name` } as const;
  return hubFiles(asked, hub);
}

async function readFrom(
  name: string,
  files: CheckpointFiles,
  step: ModelStep,
  choice?: string,
): Promise<FoundModel> {
  const { shape, read } = await readCheckpoint(name, files, choice);
  const where = step === "hub" ? `of ${name} on the Hugging Face Hub` : `in ${files.place}`;
  return found(shape, step, `${read} ${where}`);
}

const refused = (error: string): FoundModel => ({ ok: false, transient: false, error });

const capitalised = (sentence: string): string => sentence.charAt(0).toUpperCase() + sentence.slice(1);

/** What can be nothing but a path. */
const isPath = (name: string): boolean => /^(?:\/|\.{1,2}(?:\/|$)|~)/.test(name) || name.endsWith(".gguf");

const missingPath = (name: string): string =>
  `model ${name}: there is no such directory or file on the machine that runs Pulumi, which is where the headers are read; give the model's shape instead if it is only on the GPU host`;

import { UnreadableCheckpointError } from "../../errors.ts";
import type { ModelConfig } from "../../schema/model-config.ts";
import { parseModelConfig } from "../../schema/model-config.ts";
import type { ModelShape } from "../shape/shape.ts";
import { shapeOfConfig } from "./config-shape.ts";
import type { CheckpointFile, CheckpointFiles } from "./files.ts";
import { ggufFiles } from "./gguf-files.ts";
import { readGguf } from "./read-gguf.ts";
import { readJson } from "./read-json.ts";
import type { ReadCheckpoint } from "./read-result.ts";
import { readSafetensors } from "./read-safetensors.ts";

const CONFIG = "config.json";

/**
 * The shape of a checkpoint from its headers; never from its weights. A `config.json` with safetensors files is preferred,
 * a GGUF file is next, a `config.json` alone is better than nothing.
 *
 * @param choice which of several GGUF models, by its quantisation or its file; nothing else is then read
 * @throws UnreadableCheckpointError
 */
export async function readCheckpoint(
  id: string,
  files: CheckpointFiles,
  choice?: string,
): Promise<ReadCheckpoint> {
  const listed = await files.list();
  if (choice !== undefined) return readGguf(id, files, ggufFiles(files, listed, choice));
  const config = listed.find(({ name }) => name === CONFIG);
  if (config && listed.some(({ name }) => name.endsWith(".safetensors"))) {
    return readSafetensors(await readConfig(id, files, config), files, listed);
  }
  const gguf = ggufFiles(files, listed);
  if (gguf.length > 0) return readGguf(id, files, gguf);
  if (!config) {
    throw new UnreadableCheckpointError(
      files.place,
      "contains no model: neither config.json nor a GGUF file",
    );
  }
  const { shape } = await readConfig(id, files, config);
  return {
    shape: {
      ...shape,
      doubts: [`${files.place} has no safetensors files; the weights are estimated from the shape`],
    },
    read: CONFIG,
  };
}

async function readConfig(
  id: string,
  files: CheckpointFiles,
  file: CheckpointFile,
): Promise<{ readonly shape: ModelShape; readonly config: ModelConfig }> {
  const path = `${files.place}/${CONFIG}`;
  const parsed = parseModelConfig(await readJson(files, file, "configBytes"));
  if (!parsed.ok) throw new UnreadableCheckpointError(path, `cannot be interpreted: ${parsed.problem}`);
  return { shape: shapeOfConfig(id, path, parsed.config), config: parsed.config };
}

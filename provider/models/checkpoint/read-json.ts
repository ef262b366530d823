import { UnreadableCheckpointError } from "../../errors.ts";
import type { CheckpointFile, CheckpointFiles } from "./files.ts";
import { LIMITS } from "./limits.ts";

/** @throws UnreadableCheckpointError when it is larger than the limit of that name, or is not JSON */
export async function readJson(
  files: CheckpointFiles,
  file: CheckpointFile,
  limit: "configBytes" | "indexBytes",
): Promise<unknown> {
  const path = `${files.place}/${file.name}`;
  if (file.bytes > LIMITS[limit]) {
    throw new UnreadableCheckpointError(
      path,
      `is ${file.bytes} bytes long; at most ${LIMITS[limit]} are read`,
    );
  }
  const text = new TextDecoder().decode(await files.read(file.name, 0, file.bytes));
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw new UnreadableCheckpointError(path, `is not JSON: ${(error as Error).message.slice(0, 80)}`, {
      cause: error,
    });
  }
}

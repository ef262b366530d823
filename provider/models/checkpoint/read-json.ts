import { UnreadableCheckpointError } from "../../errors.ts";
import type { CheckpointFile, CheckpointFiles } from "./files.ts";
import { LIMITS } from "./limits.ts";

/** Strings as they are, and outside of them the numbers that Python writes and JSON does not know. */
const STRING_OR_NUMBER = /"(?:[^"\\]|\\.)*"|-?Infinity|NaN/g;

/** Nothing that is read is ever one of them, so nothing is lost. */
const withoutPythonNumbers = (text: string): string =>
  text.replace(STRING_OR_NUMBER, (found) => (found.startsWith('"') ? found : "null"));

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
    return JSON.parse(withoutPythonNumbers(text)) as unknown;
  } catch (error) {
    throw new UnreadableCheckpointError(path, `is not JSON: ${(error as Error).message.slice(0, 80)}`, {
      cause: error,
    });
  }
}

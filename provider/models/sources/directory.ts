import { open, readdir, stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";

import { UnreadableCheckpointError } from "../../errors.ts";
import type { CheckpointFile, CheckpointFiles } from "../checkpoint/files.ts";

/** Most files of a folder that are read; a folder of a model has a few hundred. */
const MOST_FILES = 10_000;

/**
 * The checkpoint in a local directory, or in one GGUF file; undefined when there is nothing of that name.
 *
 * @throws UnreadableCheckpointError when there is, and it cannot be read
 */
export async function directoryFiles(path: string): Promise<CheckpointFiles | undefined> {
  const absolute = resolve(path);
  const found = await stat(absolute).catch((error: NodeJS.ErrnoException) => {
    if (["ENOENT", "ENOTDIR", "ENAMETOOLONG"].includes(error.code ?? "")) return undefined;
    throw unreadable(path, error);
  });
  if (found === undefined) return undefined;
  if (found.isDirectory()) return inFolder(path, absolute);
  if (!found.isFile() || !absolute.endsWith(".gguf")) {
    throw new UnreadableCheckpointError(path, "is neither a directory nor a GGUF file");
  }
  const files = inFolder(dirname(path), dirname(absolute));
  return { ...files, list: async () => partsOf(basename(absolute), await files.list()) };
}

/** The file itself, and the other parts of a model that was split. */
function partsOf(name: string, listed: readonly CheckpointFile[]): readonly CheckpointFile[] {
  const split = /^(?<base>.+-)\d{5}(?<of>-of-\d{5}\.gguf)$/.exec(name)?.groups;
  return listed.filter((file) =>
    split
      ? file.name.startsWith(split["base"] ?? "") && file.name.endsWith(split["of"] ?? "")
      : file.name === name,
  );
}

function inFolder(place: string, folder: string): CheckpointFiles {
  return {
    place,
    list: async () => {
      try {
        const names = await readdir(folder);
        if (names.length > MOST_FILES) {
          throw new UnreadableCheckpointError(place, `has ${names.length} files; a model has a few hundred`);
        }
        const relevant = names.filter((name) => /\.(?:json|safetensors|gguf)$/.test(name));
        const files = await Promise.all(relevant.map(async (name) => fileIn(folder, name)));
        return files.flatMap((file) => file ?? []);
      } catch (error) {
        throw unreadable(place, error);
      }
    },
    read: async (name, begin, end) => {
      try {
        return await readRange(join(folder, name), begin, end);
      } catch (error) {
        throw unreadable(`${place}/${name}`, error);
      }
    },
  };
}

/** Links are followed: the cache of the Hub consists of them. A pipe or a device is no file of a model. */
async function fileIn(folder: string, name: string): Promise<CheckpointFile | undefined> {
  const found = await stat(join(folder, name));
  return found.isFile() ? { name, bytes: found.size } : undefined;
}

async function readRange(path: string, begin: number, end: number): Promise<Uint8Array> {
  const file = await open(path);
  try {
    const buffer = new Uint8Array(end - begin);
    let filled = 0;
    while (filled < buffer.length) {
      const { bytesRead } = await file.read(buffer, filled, buffer.length - filled, begin + filled);
      if (bytesRead === 0) break;
      filled += bytesRead;
    }
    return buffer.subarray(0, filled);
  } finally {
    await file.close();
  }
}

function unreadable(path: string, error: unknown): UnreadableCheckpointError {
  if (error instanceof UnreadableCheckpointError) return error;
  return new UnreadableCheckpointError(path, `cannot be read: ${(error as Error).message}`, { cause: error });
}

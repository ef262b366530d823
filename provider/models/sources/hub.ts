import type { downloadFile, listFiles } from "@huggingface/hub";

import { UnreadableCheckpointError } from "../../errors.ts";
import type { CheckpointFile, CheckpointFiles } from "../checkpoint/files.ts";
import { boundedFetch } from "./bounded-fetch.ts";
import { HubUnreachableError } from "./hub-error.ts";
import type { HubName } from "./hub-name.ts";

/** How the Hugging Face Hub is reached. */
export interface HubAccess {
  /** @default the public Hub */
  readonly url?: string | undefined;
  /** For gated and private repositories. Never part of a message. */
  readonly accessToken?: string | undefined;
  /** Of one request. */
  readonly timeoutMs: number;
}

export type HubLookup =
  | { readonly found: true; readonly files: CheckpointFiles }
  /** `why` completes "it was not read from the Hub: ". */
  | { readonly found: false; readonly why: string };

/** The part of `@huggingface/hub` that is used. The package is optional, so only its types are imported here. */
interface Hub {
  readonly listFiles: typeof listFiles;
  readonly downloadFile: typeof downloadFile;
}

interface RepositoryParameters {
  readonly repo: string;
  readonly revision?: string;
  readonly fetch: typeof fetch;
  readonly hubUrl?: string;
  readonly accessToken?: string;
}

/**
 * A repository on the Hub. Its files are listed now; of their contents only ranges are read.
 *
 * @throws HubUnreachableError
 */
export async function hubFiles({ repository, revision }: HubName, access: HubAccess): Promise<HubLookup> {
  const id = revision === undefined ? repository : `${repository}@${revision}`;
  const hub = await loadHub();
  if (hub === undefined) return { found: false, why: "the package @huggingface/hub is not installed" };
  const common: RepositoryParameters = {
    repo: repository,
    ...(revision !== undefined && { revision }),
    fetch: boundedFetch(access.timeoutMs),
    ...(access.url !== undefined && { hubUrl: access.url }),
    ...(access.accessToken !== undefined && { accessToken: access.accessToken }),
  };
  try {
    const listed: CheckpointFile[] = [];
    for await (const { type, path, size } of hub.listFiles(common)) {
      if (type === "file" && /\.(?:json|safetensors|gguf)$/.test(path))
        listed.push({ name: path, bytes: size });
    }
    return { found: true, files: repositoryFiles(hub, id, common, listed) };
  } catch (error) {
    const status = (error as { readonly statusCode?: number }).statusCode;
    if (status === 404) return { found: false, why: missing(revision) };
    if (status === 401 || status === 403) {
      return {
        found: false,
        why: "there is no such repository, or it is gated and HF_TOKEN does not open it",
      };
    }
    throw new HubUnreachableError(`the Hugging Face Hub did not answer for ${id}: ${reasonOf(error)}`, {
      cause: error,
    });
  }
}

const missing = (revision: string | undefined): string =>
  `there is no such repository${revision === undefined ? "" : `, or it has no revision ${revision}`}`;

function repositoryFiles(
  hub: Hub,
  id: string,
  common: RepositoryParameters,
  listed: readonly CheckpointFile[],
): CheckpointFiles {
  const blobs = new Map<string, Promise<Blob | null>>();
  return {
    place: id,
    choosing: `add the quantisation or the file after a colon, as in ${id}:Q4_K_M`,
    list: async () => Promise.resolve(listed),
    read: async (name, begin, end) => {
      // xet: false, because only plain downloads take ranges as they are.
      const blob = blobs.get(name) ?? hub.downloadFile({ ...common, path: name, xet: false });
      blobs.set(name, blob);
      try {
        const opened = await blob;
        if (opened === null)
          throw new UnreadableCheckpointError(
            `${id}/${name}`,
            "is listed in the repository but could not be downloaded",
          );
        return new Uint8Array(await opened.slice(begin, Math.min(end, opened.size)).arrayBuffer());
      } catch (error) {
        if (error instanceof UnreadableCheckpointError) throw error;
        const status = (error as { readonly statusCode?: number }).statusCode;
        if (status === 401 || status === 403) {
          throw new UnreadableCheckpointError(
            `${id}/${name}`,
            "is gated: set HF_TOKEN to a token that opens it",
            {
              cause: error,
            },
          );
        }
        throw new HubUnreachableError(`reading ${id}/${name} from the Hugging Face Hub: ${reasonOf(error)}`, {
          cause: error,
        });
      }
    },
  };
}

/** fetch hides what happened behind "fetch failed". */
function reasonOf(error: unknown): string {
  const { message, cause } = error as Error;
  return cause instanceof Error ? cause.message : message.slice(0, 200);
}

async function loadHub(): Promise<Hub | undefined> {
  try {
    return await import("@huggingface/hub");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ERR_MODULE_NOT_FOUND") return undefined;
    throw error;
  }
}

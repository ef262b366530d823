/** Answers that are not ranges: lists of files, and errors. */
const MOST_JSON_BYTES = 16 * 1024 ** 2;

/**
 * fetch with a limit in time, that never holds more of an answer than was asked for: a server that ignores ranges would send
 * the weights.
 */
export function boundedFetch(timeoutMs: number): typeof fetch {
  return async (input, init) => {
    const response = await fetch(input, { ...init, signal: AbortSignal.timeout(timeoutMs) });
    const asked = rangeLength(new Headers(init?.headers).get("Range"));
    if (asked !== undefined && response.status === 200) {
      await response.body?.cancel();
      throw new Error("the server ignores ranges and sends whole files");
    }
    const body = await readAtMost(response, asked ?? MOST_JSON_BYTES);
    const empty = body.length === 0 && [204, 205, 304].includes(response.status);
    return new Response(empty ? null : body, { status: response.status, headers: response.headers });
  };
}

/** Bytes of "bytes=0-99"; errors may come instead, and are longer than a short range. */
function rangeLength(range: string | null): number | undefined {
  const [, begin, end] = /^bytes=(\d+)-(\d+)$/.exec(range ?? "") ?? [];
  if (begin === undefined || end === undefined) return undefined;
  return Number(end) - Number(begin) + 1;
}

async function readAtMost(response: Response, asked: number): Promise<Uint8Array<ArrayBuffer>> {
  const most = response.ok ? asked : MOST_JSON_BYTES;
  const chunks: Uint8Array[] = [];
  let length = 0;
  // Leaving the loop cancels what is still under way.
  for await (const chunk of response.body ?? []) {
    const part = chunk as Uint8Array;
    length += part.length;
    if (length > most) throw new Error(`the server sends more than the requested ${most} bytes`);
    chunks.push(part);
  }
  const body = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    body.set(chunk, at);
    at += chunk.length;
  }
  return body;
}

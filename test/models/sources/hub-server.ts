import { createReadStream, readdirSync, statSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";

import { onTestFinished } from "vitest";

/** What a server does differently from the Hub. */
export type HubFault = "ignores ranges" | "sends too much" | "breaks off" | "never answers" | "fails";

export interface HubServer {
  readonly url: string;
  /** "GET /org/model/resolve/main/config.json bytes=0-0" */
  readonly requests: readonly string[];
  /** Nobody answers from here on. */
  readonly stop: () => void;
}

/**
 * Serves folders as repositories, in the way of the Hugging Face Hub: a list of files, and ranges of each.
 *
 * @param repositories folders by id; "id@revision" for another revision than main
 * @param token without which nothing is shown
 */
export async function startHub(
  repositories: Readonly<Record<string, string>>,
  { token, fault }: { readonly token?: string; readonly fault?: HubFault } = {},
): Promise<HubServer> {
  const requests: string[] = [];
  const server = createServer((request, response) => {
    requests.push(`${request.method} ${request.url} ${request.headers.range ?? ""}`.trim());
    if (fault === "never answers") return;
    if (fault === "fails") return refuse(response, 503, "overloaded");
    if (token !== undefined && request.headers.authorization !== `Bearer ${token}`) {
      return refuse(response, 401, "Invalid username or password.");
    }
    const url = new URL(request.url ?? "", "http://hub");
    const [, list, listed] = /^\/api\/models\/(.+)\/tree\/([^/]+)$/.exec(url.pathname) ?? [];
    const [, id, read, name] = /^\/([^/]+\/[^/]+)\/resolve\/([^/]+)\/(.+)$/.exec(url.pathname) ?? [];
    const revision = listed ?? read ?? "main";
    const folder = repositories[`${list ?? id ?? ""}${revision === "main" ? "" : `@${revision}`}`];
    if (folder === undefined) return refuse(response, 404, "Repository not found");
    if (list !== undefined) return sendList(response, folder);
    return sendRange(request, response, join(folder, name ?? ""), fault);
  });
  await new Promise<void>((listening) => {
    server.listen(0, "127.0.0.1", listening);
  });
  const { port } = server.address() as AddressInfo;
  const stop = (): void => {
    server.closeAllConnections();
    server.close();
  };
  onTestFinished(stop);
  return { url: `http://127.0.0.1:${port}`, requests, stop };
}

function refuse(response: ServerResponse, status: number, error: string): void {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify({ error }));
}

function sendList(response: ServerResponse, folder: string): void {
  const files = readdirSync(folder).map((path) => ({
    type: "file",
    path,
    size: statSync(join(folder, path)).size,
  }));
  response.writeHead(200, { "content-type": "application/json" });
  response.end(JSON.stringify(files));
}

function sendRange(request: IncomingMessage, response: ServerResponse, path: string, fault?: HubFault): void {
  const { size } = statSync(path);
  const [, begin, end] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? "") ?? [];
  const probe = begin === "0" && end === "0";
  if (begin === undefined || end === undefined || (fault === "ignores ranges" && !probe)) {
    response.writeHead(200, { "content-length": size, etag: '"1"' });
    createReadStream(path).pipe(response);
    return;
  }
  const [first, last] = [Number(begin), Math.min(Number(end), size - 1)];
  response.writeHead(206, { "content-range": `bytes ${first}-${last}/${size}`, etag: '"1"' });
  if (fault === "breaks off" && !probe) {
    response.write("{");
    setImmediate(() => response.destroy());
    return;
  }
  const extra = fault === "sends too much" && !probe ? 10_000 : 0;
  createReadStream(path, { start: first, end: last + extra }).pipe(response);
}

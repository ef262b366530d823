import { readFile } from "node:fs/promises";

import { createEngineLink } from "./engine-link.ts";
import { serve } from "./server.ts";
import { providerService } from "./service.ts";

/*
 * The process of the plugin. The engine starts it with its own address as the first argument that is no option, reads the port from the first
 * line of standard output, and ends it with SIGINT.
 */

const SCHEMA = new URL("../../plugin/schema.json", import.meta.url);

const engine = createEngineLink();
const address = process.argv.slice(2).find((argument) => !argument.startsWith("-"));
if (address !== undefined) engine.connect(address);

let schema: Promise<string> | undefined;
const service = providerService({
  schema: () => (schema ??= readFile(SCHEMA, "utf8")),
  world: async (config) => (await import("./world.ts")).configuredWorld(config, engine.send),
  connect: (listening) => engine.connect(listening),
});
const server = await serve(service);
process.stdout.write(`${server.port}\n`);

/** A step that has begun is awaited: half a step is worse than a late end. The engine kills who takes longer than it waits. */
async function end(): Promise<void> {
  await service.stop();
  server.stop();
  process.exit(0);
}
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => void end());

/**
 * Gets a Pulumi engine and prints the folder it is in as the last line of standard output:
 *
 *     PATH="$(node .build/tools/engine.js):$PATH" pulumi version
 */
import { ensureEngine } from "./engine/ensure-engine.ts";
import { stopOnSignals } from "./engine/stop-on-signals.ts";

try {
  const engine = await ensureEngine({
    log: (line) => process.stderr.write(`${line}\n`),
    signal: stopOnSignals().signal,
  });
  process.stdout.write(`${engine.binDir}\n`);
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exitCode = 1;
}

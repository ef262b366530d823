import { ensureEngine } from "../../tools/engine/ensure-engine.ts";
import { stopOnSignals } from "../../tools/engine/stop-on-signals.ts";

/**
 * vitest's globalSetup for tests that run the engine: gets one, and puts it first on the PATH that the workers inherit. The
 * very first run may build it, which takes minutes and says so.
 */
export const setup = async (): Promise<void> => {
  const stop = stopOnSignals();
  try {
    const { env } = await ensureEngine({
      log: (line) => process.stderr.write(`${line}\n`),
      signal: stop.signal,
    });
    process.env["PATH"] = env.PATH;
  } finally {
    stop.release();
  }
};

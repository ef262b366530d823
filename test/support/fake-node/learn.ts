import { isReading } from "./amd-smi/run.ts";
import type { Home } from "./home.ts";
import { withLock } from "./lock.ts";
import { prepareOutputs } from "./prepare.ts";
import { addOutputs, readSettings, readState, writeSettings } from "./store.ts";

/** A reading command line that was not prepared is from now on: only the first call of it costs a Node process. */
export async function learnOutput(home: Home, argv: readonly string[]): Promise<void> {
  const command = argv.join(" ");
  if (!isReading(argv) || command.includes("/")) return;
  await withLock(home.lock, () => {
    const settings = readSettings(home);
    if (settings.prepared.includes(command)) return;
    writeSettings(home, { ...settings, prepared: [...settings.prepared, command] });
    addOutputs(home.outputs, prepareOutputs(readState(home), [command]));
  });
}

/**
 * Shows the whole life of a stack with the real engine on a simulated host: plan, apply, nothing to do, what a change of
 * modes would do, destroy. Leaves nothing behind but the engine in the user's cache.
 *
 *     npm run demo [-- [--diff] [folder of another program]]
 *
 * --diff makes previews print every property; the plan's own words are there without it.
 */
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";

import { findEnvironments } from "./demo/environments.ts";
import { createPulumi } from "./demo/pulumi.ts";
import { createWorkspace } from "./demo/workspace.ts";
import { ensureEngine } from "./engine/ensure-engine.ts";
import { findPackageRoot } from "./engine/places.ts";
import { stopOnSignals } from "./engine/stop-on-signals.ts";

const { signal } = stopOnSignals();

const say = (text: string): void => {
  process.stdout.write(`\n${text}\n`);
};

const showEnvironments = (outputs: string): void => {
  const found = findEnvironments(JSON.parse(outputs));
  if (found.length === 0) throw new Error(`no environment variables among the stack's outputs: ${outputs}`);
  say("Each model runs with:");
  for (const { path, variables } of found) {
    const assignments = Object.entries(variables).map(([name, value]) => `${name}=${value}`);
    process.stdout.write(`  ${path}: ${assignments.join(" ")}\n`);
  }
};

const runDemo = async (programFolder: string, previewFlags: readonly string[]): Promise<void> => {
  const engine = await ensureEngine({ log: (line) => process.stdout.write(`${line}\n`), signal });
  const workspace = await createWorkspace(programFolder, { ...process.env, ...engine.env });
  try {
    const pulumi = createPulumi({ workspace, signal, output: "show" });
    const ask = createPulumi({ workspace, signal, output: "capture" });

    say(`A stack of its own for ${programFolder}, its state in a temporary folder:`);
    await pulumi("stack", "init", "demo");
    await pulumi("config", "set", "stateFile", workspace.stateFile);

    say("Nothing exists yet, and still the plan is complete:");
    await pulumi("preview", ...previewFlags);
    await pulumi("up", "--yes", "--skip-preview");
    showEnvironments(await ask("stack", "output", "--json"));

    say("The host is as declared, so there is nothing to do:");
    await pulumi("preview", "--expect-no-changes");

    say("What would other modes change, and whom would it hurt?");
    await pulumi("config", "set", "computePartition", "DPX");
    await pulumi("config", "set", "memoryPartition", "NPS1");
    await pulumi("preview", ...previewFlags);

    say("And back to what was there before:");
    await pulumi("destroy", "--yes", "--skip-preview");
  } finally {
    await workspace.dispose();
  }
};

try {
  const { values, positionals } = parseArgs({
    options: { diff: { type: "boolean", default: false } },
    allowPositionals: true,
  });
  const programFolder = resolve(positionals[0] ?? join(findPackageRoot(), "examples", "quickstart"));
  await runDemo(programFolder, values.diff ? ["--diff"] : []);
  say("Done; the temporary folder is gone.");
} catch (error) {
  process.stderr.write(`\ndemo: ${(error as Error).message}\n`);
  process.exitCode = signal.aborted ? 130 : 1;
}

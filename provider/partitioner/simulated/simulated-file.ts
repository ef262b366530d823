import { mkdir, open, readFile, rename } from "node:fs/promises";
import { dirname } from "node:path";

import { SimulatedHostError } from "../../host-errors.ts";
import { type SimulatedHostState, simulatedHostSchema } from "../../schema/simulated-host.ts";

/** @returns undefined when there is no such file yet. */
export async function readSimulatedHost(path: string): Promise<SimulatedHostState | undefined> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw new SimulatedHostError(`cannot read the simulated host ${path}: ${(error as Error).message}`, {
      cause: error,
    });
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new SimulatedHostError(`the simulated host ${path} is not JSON; repair or remove it`, { cause });
  }
  const parsed = simulatedHostSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new SimulatedHostError(
    `the simulated host ${path} is invalid at ${issue?.path.join(".")}: ${issue?.message}`,
  );
}

/** Complete or not at all: a temporary file takes the name. */
export async function writeSimulatedHost(path: string, state: SimulatedHostState): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const temporary = `${path}.${process.pid}`;
  const file = await open(temporary, "w", 0o600);
  try {
    await file.writeFile(`${JSON.stringify(state, null, 2)}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(temporary, path);
}

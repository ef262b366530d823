import { spawn } from "node:child_process";
import { once } from "node:events";

import type { HostObservation } from "../../../provider/detection/observation.ts";
import type { ReconcileRequest } from "../../../provider/partitioner/change/reconcile.ts";
import type { HardwareTimeouts } from "../../../provider/partitioner/hardware/hardware.ts";
import type { Command } from "../../../provider/remote/executor.ts";
import { providerCode } from "../../host-record/provider-code.ts";
import { type Moment, momentsOf, type Phase, taskOf } from "./moments.ts";

/** The provider in a process of its own, which asks its parent before every command, and may be killed instead of answered. */
const program = (code: string): string => `
const [connection, request, seen, limits] = JSON.parse(process.argv[1]);
const load = (path) => import(${JSON.stringify(code)} + "/" + path);
const { createSshPool } = await load("remote/pool.js");
const { connectionSchema } = await load("schema/connection.js");
const { hardwarePartitioner } = await load("partitioner/hardware/hardware.js");
const { reconcile } = await load("partitioner/change/reconcile.js");
const ask = (message) => new Promise((go) => { process.once("message", go); process.send(message); });
const executor = createSshPool().executor(connectionSchema.parse(connection));
const between = {
  target: executor.target,
  run: async (command, options) => {
    await ask({ command });
    const result = await executor.run(command, options);
    await ask({ command, ended: true });
    return result;
  },
  hold: async (command, options) => { await ask({ holds: true }); return executor.hold(command, options); },
  close: () => executor.close(),
};
const partitioner = hardwarePartitioner(between, seen, limits);
await reconcile(partitioner, { ...request, desired: new Map(request.desired), progress: () => undefined });
process.disconnect();
`;

interface Told {
  readonly command?: Command;
  readonly holds?: true;
  readonly ended?: true;
}

export interface KilledRun {
  readonly connection: object;
  readonly seen: HostObservation;
  readonly request: ReconcileRequest;
  readonly limits: HardwareTimeouts;
}

/**
 * Runs a change until `witness` kills it, with SIGKILL, where it stands.
 *
 * @returns whether it was killed; otherwise it has come to its end
 */
export async function runUntilKilled(
  run: KilledRun,
  witness: (moment: Moment, phase: Phase, kill: () => void) => Promise<void> | void,
): Promise<"killed" | "ended"> {
  const { request, connection, seen, limits } = run;
  const sent = { ...request, desired: [...request.desired] };
  const child = spawn(
    process.execPath,
    ["--input-type=module", "-e", program(providerCode()), JSON.stringify([connection, sent, seen, limits])],
    { stdio: ["ignore", "ignore", "pipe", "ipc"] },
  );
  let said = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => (said += text));
  const count = momentsOf();
  let now: Moment | undefined;
  child.on("message", (told: Told) => {
    if (!told.ended) now = count(told.command ? taskOf(told.command) : "lock");
    if (!now) return;
    const answered = witness(now, told.ended ? "after" : "before", () => child.kill("SIGKILL"));
    // It may have been killed: an answer that does not arrive is none.
    void Promise.resolve(answered).then(() => child.send("go", () => undefined));
  });
  const [code, signal] = (await once(child, "close")) as [number | null, string | null];
  if (signal === "SIGKILL") return "killed";
  if (code !== 0 && !said.includes("Error")) throw new Error(`the provider ended with ${code}: ${said}`);
  return "ended";
}
